"""The pure heart: a service as data, its engine, its screens and checks; imports nothing of ours, waits for nothing."""
