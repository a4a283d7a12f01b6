"""The command line: ``s2sad dump | build | explain | check | cache | env``.

Exit status: 0 done, 1 the program is at fault (a refused function, a syntax error in the file), 2 the call is (no such
file or function, a wrong option). Errors are messages, never tracebacks.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from s2sad.cli.errors import CliError
from s2sad.errors import S2sadError, UnsupportedError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = make_parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has printed its message
        return int(stop.code or 0)
    try:
        return int(options.run(options))
    except CliError as error:
        return _fail(str(error), error.status)
    except UnsupportedError as error:
        return _fail(str(error), 1)
    except S2sadError as error:
        return _fail(f"s2sad: {error}", 1)
    except BrokenPipeError:  # the reader of a pipe has gone: `s2sad dump f.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _fail(message: str, status: int) -> int:
    print(message if message.startswith(("s2sad", "S2S")) else f"s2sad: {message}", file=sys.stderr)
    return status


def make_parser() -> argparse.ArgumentParser:
    """The options of all commands."""
    from s2sad.cli import build, commands, dump

    parser = argparse.ArgumentParser(prog="s2sad", description="Derivatives of Python and NumPy functions, as source.")
    parser.add_argument("--version", action="version", version=f"s2sad {commands.version()}")
    subs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    sub = subs.add_parser("dump", help="print the derivative of functions in a file, without executing it")
    dump.add_target(sub)
    sub.add_argument(
        "--mode", choices=("reverse", "forward", "grad"), default="reverse",
        help="reverse: the forward function and its adjoint (default); forward: the tangent function; "
        "grad: one function that returns value and gradient",
    )  # fmt: skip
    sub.add_argument("--argnums", help="what to differentiate: positions or names, separated by commas (default: 0)")
    sub.add_argument("--types", help='the arguments\' types, as in "w: f8[n], x: f8[m, n], k: int"')
    sub.add_argument("--stage", metavar="NAME", help="print the program as it is after this stage ('list' names them)")
    sub.add_argument("--standalone", action="store_true", help="copy the helpers in: the output needs NumPy alone")
    sub.add_argument("-o", "--output", metavar="PATH", help="write to a file instead of the terminal")
    sub.set_defaults(run=dump.run_dump)

    sub = subs.add_parser(
        "build", help="make a Python package of derivatives, in NumPy and in machine code, that needs no s2sad",
        description=build.HELP, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    dump.add_target(sub)
    build.add_options(sub)

    sub = subs.add_parser("check", help="list everything in a file's functions that cannot be differentiated")
    dump.add_target(sub)
    sub.set_defaults(run=dump.run_check)

    sub = subs.add_parser("explain", help="explain an error code, with an example and its repair")
    sub.add_argument("code", nargs="?", help="such as S2S001; without it, the list of all codes")
    sub.set_defaults(run=commands.run_explain)

    sub = subs.add_parser("cache", help="show or empty the cache of compiled derivatives")
    sub.add_argument("action", choices=("info", "clear"))
    sub.set_defaults(run=commands.run_cache)

    sub = subs.add_parser("env", help="print versions and folders, for bug reports")
    sub.set_defaults(run=commands.run_env)
    return parser
