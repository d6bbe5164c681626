"""The road to the agencies: hands each submission over exactly once, and brings the statuses home."""
