"""`sala serve` that soon tries again: `python -m tests.gateways.kannel.impatient sala.toml`."""

import sys

from sala.cli import main
from sms import lane

if __name__ == "__main__":
    lane.FIRST_WAIT = 1.0  # type: ignore[misc] # what would be a minute's wait in a test
    sys.exit(main(["serve", "--config", sys.argv[1]]))
