"""`python -m nb_to_flow` is `nb-to-flow`."""

import sys

from nb_to_flow.cli import main

if __name__ == "__main__":
    sys.exit(main())
