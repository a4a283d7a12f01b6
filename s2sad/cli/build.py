"""``s2sad build``: derivatives as a Python package of their own, which needs NumPy alone and uses Numba where it is.

The folder holds, for each derivative, a module of plain NumPy and one for Numba with its machine code, and what chooses
between them and checks the arguments (``cli/built/``). It is written beside and renamed: whole, or not there.
"""

from __future__ import annotations

import argparse
import ast
import keyword
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2sad.cli.commands import version
from s2sad.cli.dump import MODES, chosen_functions, chosen_request, given_types
from s2sad.cli.errors import CliError
from s2sad.cli.modules import carry
from s2sad.cli.signatures import as_data, known_types
from s2sad.cli.standalone import make_standalone
from s2sad.errors import UnsupportedError
from s2sad.options import Native

if TYPE_CHECKING:
    from s2sad.cache.programs import Program, Request
    from s2sad.ir.types import Type

_MARK = "# built by s2sad"
_SUFFIX = {"grad": "grad", "forward": "jvp", "reverse": "vjp"}
_NOT_NATIVE = "S2S080"
HELP = """\
Makes a Python package: one function for each derivative, with NumPy as its one requirement.

    s2sad build model.py::loss --types "w: f8[n], x: f8[m, n]" -o derivatives

    from derivatives import loss_grad
    value, gradient = loss_grad(w, x)

The types of the parameters come from --types, else from annotations (float, int, NDArray[np.float64], or in quotes, as in
--types), else from defaults. Arguments of other types are an error. Where Numba is installed, here and where the package
is used, a function runs in machine code: loss_grad.backend is "numba" or "numpy", loss_grad.reason says why it is
"numpy". An existing package of this kind is replaced. Exit status: 0 done, 1 the program is at fault, 2 the call is.
"""


@dataclass(frozen=True, slots=True)
class Built:
    """One derivative: its files by name, and what ``built/load.py`` must know."""

    name: str
    files: dict[str, str]
    spec: dict[str, Any]
    signatures: dict[str, list[Any]]  # Numba's, by compiled function


def add_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--mode", choices=tuple(_SUFFIX), default="grad",
        help="grad: value and gradient (default); forward: value and tangent; reverse: value and pullback",
    )  # fmt: skip
    sub.add_argument("--argnums", help="what to differentiate: positions or names, separated by commas (default: 0)")
    sub.add_argument("--types", help='the arguments\' types, as in "w: f8[n], x: f8[m, n], k: int"')
    sub.add_argument("--parallel", action="store_true", help="machine code: independent loops on all cores")
    sub.add_argument("--fastmath", action="store_true", help="machine code: sums in any order, fused products")
    sub.add_argument("-o", "--output", metavar="MODULE", required=True, help="the folder to make, named like a module")
    sub.set_defaults(run=run_build)


def run_build(options: argparse.Namespace) -> int:
    """Build the derivatives of the chosen functions and say what each runs on."""
    target = Path(options.output)
    _check_target(target)
    types = given_types(options.types)
    functions = chosen_functions(options)
    built = [_built(f, options, known_types(f, types)) for f in functions]
    names = [b.name for b in built]
    for name in names:
        if names.count(name) > 1:
            raise CliError(f"two functions would be called {name}: name one of them, as in FILE::FUNC")
    _write_folder(target, built)
    for b in built:
        what = f"NumPy, since {b.spec['not_native']}" if b.spec["not_native"] else "Numba, else NumPy"
        print(f"{target.name}.{b.name}: {what}")
    return 0


def _check_target(target: Path) -> None:
    if not target.name.isidentifier() or keyword.iskeyword(target.name):
        raise CliError(f"{target.name!r} cannot be the name of a module: give -o a name such as derivatives")
    if not target.parent.is_dir():
        raise CliError(f"there is no folder {target.parent}")
    if target.exists() or target.is_symlink():
        try:
            first = (target / "__init__.py").read_text(encoding="utf-8").partition("\n")[0]
        except (OSError, UnicodeDecodeError):
            first = ""
        if not first.startswith(_MARK) or target.is_symlink():
            raise CliError(f"{target} exists and was not made by s2sad build: give another name, or remove it")


# ------------------------------------------------------------------------------------------------ one derivative


def _built(function: Any, options: argparse.Namespace, types: dict[str, Type]) -> Built:
    from s2sad import pipeline
    from s2sad.frontend.source import source_text

    request = chosen_request(function, MODES[options.mode], options.argnums, types)
    name = f"{function.static_source.name}_{_SUFFIX[options.mode]}"
    source = source_text(Path(str(options.target).partition("::")[0]))
    plain = pipeline.compile(request)
    files = {f"_{name}.py": _alone(plain, source)}
    native, reason = _native(request, Native(options.parallel, options.fastmath))
    dots = {f"{n}_dot": t for n, t in request.args if n in request.active} if options.mode == "forward" else {}
    parameters = _parameters(plain.text, plain.entry.__name__)
    spec: dict[str, Any] = {
        "mode": options.mode,
        "entry": plain.entry.__name__,
        "adjoint": plain.adjoint.__name__ if plain.adjoint is not None else "",
        "types": {p: as_data(types[p] if p in types else dots[p], name, p) for p in parameters},
        "stored": list(plain.mutates),
        "tangents": list(dots),
        "native": [],
        "not_native": reason,
    }
    signatures: dict[str, list[Any]] = {}
    if native is not None:
        text = _alone(native, source)
        files[f"_{name}_numba.py"] = text
        spec["native"] = _compiled_entries(text)
        signatures = {n: list(native.namespace[n].signatures) for n in spec["native"]}
    return Built(name, files, spec, signatures)


def _alone(program: Program, source: str) -> str:
    """The program's module with all that it reads of the user's file and of the runtime."""
    renamed = "".join(f"\n{text} = {g.name}\n" for text, g in program.globals.items() if text != g.name)
    return make_standalone(carry(program.text + renamed, source))


def _native(request: Request, options: Native) -> tuple[Program | None, str]:
    """The program for Numba, or why there is none."""
    from s2sad import pipeline

    try:
        import numba  # noqa: F401
    except ImportError:
        return None, "Numba was not installed where this was built"
    try:
        fields = {name: getattr(request, name) for name in ("fun", "mode", "args", "active", "has_aux")}
        return pipeline.compile(type(request)(**fields, backend="numba", native=options)), ""
    except UnsupportedError as error:
        if any(f.code != _NOT_NATIVE for f in error.findings):
            raise
        first = error.findings[0]
        return None, f"{first.message} (line {first.loc.line})"


def _parameters(text: str, name: str) -> list[str]:
    node = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == name)
    if node.args.vararg or node.args.kwarg:
        raise CliError(f"{name}: a function with *args or **kwargs cannot be built: name the parameters")
    return [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _compiled_entries(text: str) -> list[str]:
    """The compiled functions that the others of the module call."""
    functions = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    compiled = {f.name for f in functions if f.decorator_list}
    called = [n.id for f in functions if not f.decorator_list for n in ast.walk(f) if isinstance(n, ast.Name)]
    return [name for name in dict.fromkeys(called) if name in compiled]


# ------------------------------------------------------------------------------------------------------ the folder


def _write_folder(target: Path, built: Sequence[Built]) -> None:
    """Write all files into a folder beside the target, make the machine code there, and rename it."""
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise CliError(f"cannot write {target}: {error.strerror}") from None
    inner = made / target.name
    try:
        inner.mkdir()
        for name, text in {**_shared(), **{k: t for b in built for k, t in b.files.items()}}.items():
            (inner / name).write_text(text, encoding="utf-8")
        (inner / "__init__.py").write_text(_init(target.name, built), encoding="utf-8")
        for b in built:
            if b.signatures:
                _make_machine_code(inner, b)
        old = made / "old"
        if target.exists():
            os.rename(target, old)
        try:
            os.rename(inner, target)
        except OSError:
            if old.exists():
                os.rename(old, target)
            raise
    except OSError as error:
        raise CliError(f"cannot write {target}: {error.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _shared() -> dict[str, str]:
    """The files that every package has."""
    here = Path(__file__).parent / "built"
    machine = Path(__file__).parent.parent / "backend" / "numba" / "machine.py"
    return {p.name: p.read_text(encoding="utf-8") for p in (here / "load.py", here / "check.py", machine)}


def _init(module: str, built: Sequence[Built]) -> str:
    lines = [
        f"{_MARK} {version()}",
        f'"""{"Derivatives" if len(built) > 1 else "A derivative"}, to be called: {", ".join(b.name for b in built)}.',
        "",
        'Each has an attribute ``backend``, "numba" or "numpy", and ``reason``: why it is not "numba".',
        '"""',
        "",
        "from .load import load",
        "",
    ]
    for b in built:
        lines += [
            f"{b.name} = load(",
            "    __name__,",
            "    __path__[0],",
            f"    {b.name!r},",
            f"    {_literal(b.spec)},",
            ")",
        ]
    names = ", ".join(repr(b.name) for b in built)
    return "\n".join([*lines, "", f"__all__ = [{names}]", ""])


def _literal(spec: dict[str, Any]) -> str:
    rows = "".join(f"        {key!r}: {value!r},\n" for key, value in spec.items())
    return "{\n" + rows + "    }"


def _make_machine_code(folder: Path, built: Built) -> None:
    """Compile the module for Numba, as ``built/load.py`` will run it, for the types that were given."""
    from s2sad.backend.numba.machine import MachineCode
    from s2sad.cli.built.load import run_module, write_whole

    path = folder / f"_{built.name}_numba.py"
    module = run_module(path)
    code = MachineCode(path, built.files[path.name], write_whole)
    code.attach(vars(module), built.spec["native"])
    for name, signatures in built.signatures.items():
        for types in signatures:
            getattr(module, name).compile(types)
    code.seal()


__all__ = ["HELP", "add_options", "run_build"]
