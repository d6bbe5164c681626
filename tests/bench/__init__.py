"""The benches run, and know when they have no result."""
