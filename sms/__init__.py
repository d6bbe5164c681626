"""The text-message door: gateways, the sender, and what a message costs."""
