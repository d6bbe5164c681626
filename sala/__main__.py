"""`python -m sala` is `sala`."""

import sys

from sala.cli import main

if __name__ == "__main__":
    sys.exit(main())
