"""The starter services and their shared parts, as data, with sample tables."""
