"""Compiling at compile time: what Numba cannot do is an error with the user's line, before anything runs."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from s2sad.backend.numba.machine import register
from s2sad.backend.numba.refuse import CODE, WAY_OUT
from s2sad.errors import Finding, UnsupportedError
from s2sad.ir.nodes import Function, Loc
from s2sad.ir.types import Array, Scalar, Tuple, Type, widen
from s2sad.options import Native


def numba_type(t: Type | None) -> Any:
    """The type that Numba gives to a value of this type, arrays laid out as NumPy makes them. None where it has none."""
    from numba.core import types

    t = widen(t) if t is not None else None
    if isinstance(t, Scalar):
        return {"float64": types.float64, "int64": types.int64, "bool": types.boolean}.get(t.dtype)
    if isinstance(t, Array) and t.dims:
        kind = {"float64": types.float64, "int64": types.int64, "bool": types.boolean}.get(t.dtype or "")
        return None if kind is None else types.Array(kind, len(t.dims), "C")
    if isinstance(t, Tuple):
        items = [numba_type(i) for i in t.items]
        return None if None in items else types.BaseTuple.from_types(tuple(items))
    return None


def make_importable(namespace: Mapping[str, Any]) -> None:
    """Numba gives a function that calls itself one name if it finds its module, and else two."""
    name = namespace["__name__"]
    if name not in sys.modules:
        register(name, namespace)


def compile_now(
    program: Any,
    made: Any,
    entries: Sequence[Function],
    native: Sequence[Function],
    compiled: Sequence[Function],
    options: Native,
) -> None:
    """Compile the entries of a module for the types of their parameters. ``compiled``: all functions that are compiled."""
    from numba.core.errors import NumbaError, NumbaParallelSafetyWarning

    _choose_compiler(program.namespace, made.emitted.names, compiled, options)
    try:
        residuals = None
        for text, fn in zip(made.native, native, strict=True):
            types = [numba_type(p.var.type) for p in fn.params]
            if residuals is not None and fn.params and fn.params[0].var.name == entries[1].params[0].var.name:
                types[0] = residuals
            if None in types:
                continue
            dispatcher = program.namespace[text]
            with warnings.catch_warnings():  # a loop that is not independent after all would be a defect of parallel.py
                warnings.simplefilter("error", NumbaParallelSafetyWarning)
                dispatcher.compile(tuple(types))
            result = dispatcher.overloads[tuple(types)].signature.return_type
            residuals = result[1] if len(getattr(result, "types", ())) == 2 else None
    except (NumbaError, NotImplementedError, AssertionError) as error:  # nothing of the user's runs here
        raise UnsupportedError(_finding(program, error, entries[0])) from error


def _choose_compiler(
    namespace: Mapping[str, Any], names: Mapping[Function, str], functions: Sequence[Function], options: Native
) -> None:
    """Our passes of Numba's compiler for all compiled functions; another Numba that has not their parts takes its own, and
    longer, to the same results."""
    from numba.core.dispatcher import Dispatcher

    try:
        from s2sad.backend.numba.compiler import use
    except ImportError:
        return
    source = None
    if not options.parallel:
        from s2sad.backend.numba.direct.use import Source

        source = Source({f.name: f for f in functions}, {names[f]: f.name for f in functions}, options.fastmath)
    for compiled in namespace.values():
        if isinstance(compiled, Dispatcher):
            use(compiled, source)


def _finding(program: Any, error: Exception, fn: Function) -> Finding:
    """Where Numba stopped, as a line of the user's."""
    text = str(error)
    places = [int(n) for n in re.findall(re.escape(program.filename) + r'[^\n]*?line (\d+)', text)]
    places += [int(n) for n in re.findall(re.escape(program.filename) + r" \((\d+)\)", text)]
    loc = next((place for n in reversed(places) if (place := _user_place(program, n)) is not None), fn.loc)
    message = next((line.strip() for line in reversed(text.splitlines()) if line.strip().startswith(">>>")), "")
    reason = message or next((line.strip() for line in text.splitlines()[1:] if line.strip()), type(error).__name__)
    what = f"this line: Numba says: {reason}"
    return Finding(CODE, f"the Numba backend does not compile {what}", loc, fn.line_at(loc), WAY_OUT, fn.name)


def _user_place(program: Any, line: int) -> Loc | None:
    place = program.line_map.get(line)
    if place is None or isinstance(place, Loc):
        return place
    return Loc(place[0], place[1])


__all__ = ["compile_now", "make_importable", "numba_type"]
