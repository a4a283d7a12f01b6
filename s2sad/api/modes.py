"""``vjp``, ``jvp`` and ``linearize``: the two modes of differentiation, at a point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from s2sad.api.derivative import check_pair
from s2sad.api.programs import Compiled, Programs
from s2sad.api.target import make_target
from s2sad.api.values import as_perturbation, formed, owned_gradient, restricted, template, zero_like
from s2sad.api.wrapper import transformation
from s2sad.options import PLAIN, Native
from s2sad.runtime import detached
from s2sad.runtime.containers import copy


def run(compiled: Compiled, function: Callable[..., Any], *args: Any) -> Any:
    """Call a generated function; an exception that leaves it carries the line of the user's that it comes from."""
    try:
        return function(*args)
    except Exception as error:
        compiled.program.annotate(error)
        raise


class Pullback:
    """``pullback(seed)``: the gradients of ``sum(seed * value)``, one for each primal. Can be called many times.

    It gives the derivative at the point of the call of ``vjp``, whatever happens to the arguments afterwards.
    """

    def __init__(self, programs: Programs, bound: tuple[Any, ...]) -> None:
        compiled = programs.find(bound)
        self._programs, self._compiled = programs, compiled
        self._like = {k: template(x) for k, x in enumerate(bound)}
        output, self._residuals = run(compiled, compiled.entry, *bound)
        self._output = output
        if programs.has_aux:
            check_pair("vjp", programs.target.name, output)
        self._value_like = template(output)

    def take_output(self) -> Any:
        """What the function returned: handed out once, so that the pullback does not keep it alive."""
        output, self._output = self._output, None
        return output

    def __call__(self, seed: Any) -> tuple[Any, ...]:
        """The gradients, in the structure, shape and type of the primals."""
        like, what = self._value_like, "the seed of the pullback"
        if self._programs.has_aux:  # the auxiliary result takes part with a seed of zero
            seed = (as_perturbation(seed, like[0], what), zero_like(like[1]))
        else:
            seed = as_perturbation(seed, like, what)
        found: dict[str, Any] = {}
        names = self._programs.target.names
        if self._compiled.positions:
            adjoint = self._compiled.program.adjoint
            assert adjoint is not None, "the split form has an adjoint"
            gradients = run(self._compiled, adjoint, self._residuals, seed)
            for k, gradient in zip(self._compiled.positions, gradients, strict=True):
                if self._compiled.mutates:
                    gradient = restricted(gradient, self._like[k])
                found[names[k]] = formed(gradient, self._like[k])
        for name in self._programs.active:
            if name not in found:
                found[name] = zero_like(self._like[self._programs.positions[name]])
        return tuple(found[n] if key is None else found[n][key] for n, key in self._programs.selection)

    @property
    def source(self) -> str:
        """The generated pair: the forward function and its adjoint."""
        return str(self._compiled.program.text)


class Pushforward:
    """``pushforward(*tangents)``: the derivative of the value in a direction, one tangent for each primal.

    The function runs again at each call, on the arguments and the data of modules as they were at the start.
    """

    def __init__(self, programs: Programs, bound: tuple[Any, ...]) -> None:
        program = programs.find(bound).program
        self._programs, self._bound = programs, bound
        self._data = _apart({name: program.namespace[name] for name in program.globals})

    def __call__(self, *tangents: Any) -> Any:
        """The tangent of the value."""
        bound = copy(self._bound) if self._programs.find(self._bound).mutates else self._bound
        return run_jvp(self._programs, bound, tangents, _apart(self._data))[1]


def _apart(data: dict[str, Any]) -> dict[str, Any]:
    """The same data with copies of the arrays, lists and objects, which others may change."""
    values = tuple(data.values())
    return dict(zip(data, detached(values, *values), strict=True))


def run_jvp(
    programs: Programs, bound: tuple[Any, ...], tangents: Sequence[Any], data: dict[str, Any] | None = None
) -> tuple[Any, Any]:
    """Value and tangent at ``bound``, in the direction given by one tangent for each selected argument. ``data`` takes the
    place of the data that the function reads."""
    target, selection = programs.target, programs.selection
    if len(tangents) != len(selection):
        raise TypeError(f"{target.name}: {len(selection)} primals need as many tangents, not {len(tangents)}")
    compiled = programs.find(bound)
    dots: list[Any] = []
    for k in compiled.positions:
        name = target.names[k]
        parts = {key: t for (n, key), t in zip(selection, tangents, strict=True) if n == name}
        dot = parts[None] if None in parts else tuple(parts.values())
        dots.append(as_perturbation(dot, bound[k], f"the tangent of {name!r}"))
    if data:
        compiled.program.namespace.update(data)
    value, tangent = run(compiled, compiled.entry, *bound, *dots)
    return value, owned_gradient(tangent, value, (*bound, *dots, value))


def find_programs(
    fun: Callable[..., Any], mode: str, count: int, has_aux: bool, backend: str, native: Native = PLAIN
) -> Programs:
    """The programs of a function in a mode with respect to its first ``count`` arguments, kept between calls."""
    try:
        return _kept_programs(fun, mode, count, has_aux, backend, native)
    except TypeError:
        if _is_hashable(fun):
            raise
        return _new_programs(fun, mode, count, has_aux, backend, native)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _new_programs(
    fun: Callable[..., Any], mode: str, count: int, has_aux: bool, backend: str, native: Native
) -> Programs:
    argnums = tuple(range(count))
    return Programs(make_target(fun), mode, argnums, has_aux=has_aux, backend=backend, strict=False, native=native)


_kept_programs = functools.lru_cache(maxsize=1024)(_new_programs)


@transformation
def vjp(
    fun: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Any:
    """``value, pullback = vjp(fun, *primals)``; ``pullback(seed)`` is a tuple of gradients, one for each primal.

    With ``has_aux`` the function returns ``(value, auxiliary)`` and the result is ``(value, pullback, auxiliary)``.
    ``backend``, ``parallel`` and ``fastmath`` as for ``grad``.
    """
    programs = find_programs(fun, "vjp", len(primals), has_aux, backend, Native(bool(parallel), bool(fastmath)))
    pullback = Pullback(programs, programs.target.bind(primals, {}))
    output = pullback.take_output()
    return (output[0], pullback, output[1]) if has_aux else (output, pullback)


@transformation
def jvp(
    fun: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> tuple[Any, Any]:
    """``value, tangent = jvp(fun, (x, y), (x_dot, y_dot))``: the derivative in a direction, in one forward sweep.

    ``backend``, ``parallel`` and ``fastmath`` as for ``grad``.
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError("jvp takes a tuple of primals and a tuple of tangents: jvp(f, (x,), (x_dot,))")
    programs = find_programs(fun, "jvp", len(primals), False, backend, Native(bool(parallel), bool(fastmath)))
    return run_jvp(programs, programs.target.bind(tuple(primals), {}), tangents)


@transformation
def linearize(fun: Callable[..., Any], *primals: Any, backend: str = "numpy") -> tuple[Any, Pushforward]:
    """``value, pushforward = linearize(fun, *primals)``; ``pushforward(*tangents)`` is the tangent of the value."""
    programs = find_programs(fun, "jvp", len(primals), False, backend)
    bound = programs.target.bind(primals, {})
    pushforward = Pushforward(programs, copy(bound))  # before the function stores into them
    return fun(*primals), pushforward
