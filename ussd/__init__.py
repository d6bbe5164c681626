"""The key-press door: gateways to operators and aggregators, one request per key press."""
