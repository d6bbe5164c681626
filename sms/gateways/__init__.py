"""The SMS gateways; each is found by its entry point and imported only when a channel names it."""
