"""``python -m s2sad``."""

from __future__ import annotations

import sys

from s2sad.cli import main

if __name__ == "__main__":
    sys.exit(main())
