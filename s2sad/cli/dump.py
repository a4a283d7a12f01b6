"""``s2sad dump`` and ``s2sad check``: derivatives of what a file defines. The file is parsed and never executed."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2sad.cli.errors import CliError
from s2sad.cli.modules import carry, is_derivative, merge
from s2sad.errors import Finding, UnsupportedError

if TYPE_CHECKING:
    from s2sad.ir.types import Type

MODES = {"reverse": "vjp", "forward": "jvp", "grad": "value_and_grad"}


def add_target(parser: argparse.ArgumentParser) -> None:
    """The argument ``FILE[::FUNC]`` and the option ``--all``."""
    parser.add_argument("target", metavar="FILE[::FUNC]", help="a file, or one function of it: model.py::Net.loss")
    parser.add_argument("--all", action="store_true", help="every function of the file, not only those under @grad")


def run_dump(options: argparse.Namespace) -> int:
    """Print the derivatives of the chosen functions."""
    functions = chosen_functions(options)
    if options.stage == "list":
        from s2sad import pipeline

        print("\n".join(pipeline.STAGES))
        return 0
    types = given_types(options.types)
    texts: list[str] = []
    refused: list[UnsupportedError] = []
    for function in functions:
        try:
            texts.append(_text(function, options, types))
        except UnsupportedError as error:
            refused.append(error)
    if texts:
        _write(_module(texts, options), options.output)
    if refused:
        raise UnsupportedError([f for error in refused for f in error.findings])
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Print every finding of the chosen functions; status 1 where there is one."""
    findings: list[Finding] = []
    functions = chosen_functions(options)
    for function in functions:
        try:
            _compile(_request(function, "vjp", (), None))
        except UnsupportedError as error:
            findings += error.findings
    print("\n\n".join(f.show() for f in findings) if findings else f"{len(functions)} functions: nothing unsupported")
    return 1 if findings else 0


# ------------------------------------------------------------------------------------------- which functions


def chosen_functions(options: argparse.Namespace) -> list[Any]:
    """The functions that the command is about."""
    text, _, name = str(options.target).partition("::")
    path = Path(text)
    functions = _functions_of(path)
    if name:
        return [_named(functions, name, path)]
    if options.all:
        if not functions:
            raise CliError(f"{path} defines no function")
        return functions
    chosen = [f for f in functions if decorated(f)]
    if not chosen:
        raise CliError(f"no function of {path} is decorated with @grad: name one, as in {path}::f, or give --all")
    return chosen


def _functions_of(path: Path) -> list[Any]:
    from s2sad.frontend.source import functions_of_file, source_text

    if path.is_dir():
        raise CliError(f"{path} is a folder: give a Python file")
    if not path.exists():
        raise CliError(f"no such file: {path}")
    try:
        ast.parse(source_text(path), filename=str(path))
        return list(functions_of_file(path))
    except SyntaxError as error:
        if error.lineno is None:  # bytes that are no text
            raise CliError(f"{path} is no Python source: {error.msg}", 1) from None
        line = (error.text or "").rstrip("\n")
        shown = f"\n    {line}\n    {' ' * ((error.offset or 1) - 1)}^" if line.strip() else ""
        raise CliError(f"{path}:{error.lineno}: syntax error: {error.msg}{shown}", 1) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise CliError(f"{path} is no Python source: {error}", 1) from None
    except OSError as error:
        raise CliError(f"cannot read {path}: {error.strerror}") from None


def _named(functions: Sequence[Any], name: str, path: Path) -> Any:
    for function in functions:
        if function.static_source.qualname == name:
            return function
    for function in functions:
        if function.static_source.name == name:
            return function
    names = ", ".join(f.static_source.qualname for f in functions)
    raise CliError(f"{path} has no function {name!r}" + (f": it has {names}" if names else ""))


def decorated(function: Any) -> ast.expr | None:
    """The decorator that makes a function a derivative (``@grad``, ``@s2sad.grad(argnums=1)``), or None."""
    for node in getattr(function.static_source.node, "decorator_list", []):
        if is_derivative(node):
            return node
    return None


# ------------------------------------------------------------------------------------------- what is printed


def _text(function: Any, options: argparse.Namespace, types: dict[str, Type] | None) -> str:
    request = chosen_request(function, MODES[options.mode], options.argnums, types)
    if options.stage:
        return _stage(request, options.stage)
    return str(_compile(request).text)


def _module(texts: list[str], options: argparse.Namespace) -> str:
    """One module with all derivatives and with what they read of the user's file."""
    from s2sad.cli.standalone import make_standalone
    from s2sad.frontend.source import source_text

    if options.stage:
        return "\n\n".join(t.rstrip("\n") for t in texts) + "\n"
    path = Path(str(options.target).partition("::")[0])
    text = carry(merge(texts), source_text(path))
    return make_standalone(text) if options.standalone else text


def _stage(request: Any, stage: str) -> str:
    from s2sad import pipeline

    if stage not in pipeline.STAGES:
        raise CliError(f"there is no stage {stage!r}: the stages are {', '.join(pipeline.STAGES)}")
    return str(pipeline.snapshot(request, stage))


def _compile(request: Any) -> Any:
    from s2sad import pipeline

    return pipeline.compile(request) if request.args else pipeline.compile_generic(request)


def chosen_request(function: Any, mode: str, argnums: str | None, types: dict[str, Type] | None) -> Any:
    """What the compiler is asked for; without ``argnums``, the decorator's."""
    return _request(function, mode, _argnums(argnums) or _decorator_argnums(function), types)


def _request(function: Any, mode: str, argnums: tuple[int | str, ...], types: dict[str, Type] | None) -> Any:
    from s2sad.cache.programs import Request
    from s2sad.ir.types import UNKNOWN

    names, count = parameters(function.static_source.node)
    active = tuple(_active_name(function, names, count, a) for a in argnums or (0,))
    given: tuple[tuple[str, Type], ...] = ()
    if types is not None:
        unknown = [n for n in types if n not in names]
        if unknown:
            raise CliError(f"{function.static_source.name} has no parameter {unknown[0]!r}: it has {', '.join(names)}")
        given = tuple((n, types.get(n, UNKNOWN)) for n in names)
    return Request(function, mode, given, active)


def parameters(node: Any) -> tuple[tuple[str, ...], int]:
    """All parameter names in the order of the signature, and how many may be given by position."""
    args = node.args

    def name(arg: Any) -> str:
        return str(getattr(arg, "id", None) or arg.arg)

    by_position = [*map(name, args.posonlyargs), *map(name, args.args)]
    names = [*by_position, *([name(args.vararg)] if args.vararg else []), *map(name, args.kwonlyargs)]
    return (*names, *([name(args.kwarg)] if args.kwarg else [])), len(by_position)


def _active_name(function: Any, names: tuple[str, ...], count: int, asked: int | str) -> str:
    title = function.static_source.name
    if isinstance(asked, str):
        if asked not in names:
            raise CliError(f"{title} has no parameter {asked!r}: it has {', '.join(names) or 'none'}")
        return asked
    if not -count <= asked < count:
        raise CliError(f"{title} has no positional argument {asked}: it has {', '.join(names) or 'none'}")
    return names[asked % count]


def _argnums(text: str | None) -> tuple[int | str, ...]:
    """``"0,w"`` to ``(0, "w")``."""
    if text is None:
        return ()
    parts = tuple(p.strip() for p in text.strip("()[] ").split(",") if p.strip())
    out: list[int | str] = []
    for part in parts:
        if part.lstrip("-").isdigit():
            out.append(int(part))
        elif part.isidentifier():
            out.append(part)
        else:
            raise CliError(f"--argnums takes positions or names separated by commas, not {text!r}")
    return tuple(out)


def _decorator_argnums(function: Any) -> tuple[int | str, ...]:
    """What the decorator says, where it says it with literals."""
    node = decorated(function)
    for keyword in getattr(node, "keywords", []):
        if keyword.arg == "argnums":
            try:
                value = ast.literal_eval(_plain(keyword.value))
            except (ValueError, SyntaxError):
                return ()
            return tuple(value) if isinstance(value, tuple | list) else (value,)
    return ()


def _plain(node: Any) -> ast.expr:
    import gast

    return gast.gast_to_ast(node)


def given_types(text: str | None) -> dict[str, Type] | None:
    """The option ``--types``."""
    from s2sad.cli.typespec import parse_types

    if text is None:
        return None
    try:
        return dict(parse_types(text))
    except ValueError as error:
        raise CliError(str(error)) from None


def _write(text: str, path: str | None) -> None:
    if path is None:
        print(text, end="")
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"cannot write {path}: {error.strerror}") from None
