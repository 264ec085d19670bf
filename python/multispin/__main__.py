"""``python -m multispin``: the same as the command ``multispin``."""

import sys

from multispin.cli import main

sys.exit(main())
