"""The generic HTTP gateway: an operator's or aggregator's contract described as data, in one TOML file."""
