"""The second copy: what each commit wrote, sealed to an escrow key, on a second medium; and a node made from it."""
