"""Are the packages that a script needs there? Asked before anything of them is imported, so that the answer is one line."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable


def require(packages: Iterable[str], script: str, extra: str = "test") -> None:
    """End the script with what is missing and how to install it."""
    missing = []
    for name in packages:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        print(
            f"{script}: this Python, {sys.executable}, cannot import {', '.join(missing)}\n"
            f"    install what the scripts need:  {sys.executable} -m pip install -e '.[{extra}]'",
            file=sys.stderr,
        )
        sys.exit(2)
