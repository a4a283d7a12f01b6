"""The small commands: ``explain``, ``cache`` and ``env``."""

from __future__ import annotations

import argparse
import platform
import sys
import textwrap
from importlib import metadata

from s2sad.cli.errors import CliError
from s2sad.errors import CacheError


def version() -> str:
    """The version of the package that runs."""
    return str(sys.modules["s2sad"].__dict__["__version__"])


def run_explain(options: argparse.Namespace) -> int:
    """Print the page of a code, or the list of codes."""
    from s2sad.frontend import codes

    if options.code is None:
        print("\n".join(f"{c.code}  {c.title}" for c in codes.CODES.values()))
        return 0
    code = codes.CODES.get(str(options.code).upper())
    if code is None:
        raise CliError(f"there is no error code {options.code!r}; 's2sad explain' lists them")
    print(code_page(code.code, code.title, code.explanation, code.help, code.bad, code.fixed))
    return 0


def code_page(code: str, title: str, explanation: str, way_out: str, bad: str, fixed: str) -> str:
    """The page of an error code: what it means, a program that is refused, and one that works."""
    return "\n\n".join(
        [
            f"{code}: {title}",
            textwrap.fill(explanation, 88),
            f"Help: {textwrap.fill(way_out, 82)}",
            f"Refused:\n\n{textwrap.indent(bad.rstrip(), '    ')}",
            f"Works:\n\n{textwrap.indent(fixed.rstrip(), '    ')}",
        ]
    )


def run_cache(options: argparse.Namespace) -> int:
    """Show or empty the cache on disk."""
    from s2sad.cache import disk

    try:
        if options.action == "clear":
            print(f"{disk.clear()} entries removed from {disk.folder()}")
        else:
            entries, size = disk.info()
            print(f"folder   {disk.folder()}\nentries  {entries}\nsize     {size / 1024:.1f} KiB")
    except (CacheError, OSError) as error:
        raise CliError(f"the cache cannot be used: {error}", 1) from None
    return 0


def run_env(options: argparse.Namespace) -> int:
    """Versions and folders."""
    rows = [("s2sad", version()), ("python", sys.version.split()[0]), ("platform", platform.platform())]
    for name in ("numpy", "gast", "astor", "numba", "scipy"):
        try:
            rows.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            rows.append((name, "not installed"))
    rows.append(("cache", _cache_folder()))
    for name, value in rows:
        print(f"{name:10}{value}")
    return 0


def _cache_folder() -> str:
    from s2sad.cache import disk

    try:
        return str(disk.folder())
    except (CacheError, OSError) as error:
        return f"cannot be used: {error}"
