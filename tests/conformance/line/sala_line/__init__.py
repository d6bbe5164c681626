"""A gateway that holds one connection for both sides, and its operator: what the port's `run` and the kits are for."""
