"""Speed and memory as ratios to yardsticks that run in turn with the candidate, in the same rounds of the same run.

`python -m bench` lists the benches, `python -m bench NAME` runs one and writes `bench/results/NAME.json` and `.md`.
Absolute figures are kept for the record only: the machines are noisy, a disk's fsync alone moves thirtyfold.
"""
