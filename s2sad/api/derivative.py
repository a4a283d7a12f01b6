"""``grad`` and ``value_and_grad``: derivatives of functions that return one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

import numpy as np

from s2sad.api.programs import Compiled, Programs
from s2sad.api.signature import MAKERS, key_of
from s2sad.api.target import Argnums
from s2sad.api.values import formed, restricted, template
from s2sad.api.wrapper import Wrapper, decorator, transformation
from s2sad.options import Native

if TYPE_CHECKING:
    from s2sad.api.quick import Matches

P = ParamSpec("P")
R = TypeVar("R")
_FIRST = 16  # calls
_NUMBERS = (float, np.float64, np.float32, np.float16, np.longdouble)


class ValueAndGrad(Wrapper, Generic[P, R]):
    """The derivative object: called like the function, it returns ``(value, gradient)``."""

    suffix = "_value_and_grad"
    with_value = True

    def __init__(
        self,
        fun: Callable[P, Any],
        argnums: Argnums = 0,
        has_aux: bool = False,
        backend: str = "numpy",
        parallel: bool = False,
        fastmath: bool = False,
    ) -> None:
        super().__init__(fun, argnums=argnums, has_aux=has_aux, backend=backend, parallel=parallel, fastmath=fastmath)
        target = self.target
        self.programs = Programs(
            target,
            "value_and_grad",
            argnums,
            has_aux=has_aux,
            backend=backend,
            strict=True,
            native=Native(bool(parallel), bool(fastmath)),
        )
        self._by_key = self.programs.by_key
        self._usual: tuple[Matches | None, Compiled | None] = None, None  # what tells the usual call, and what it runs
        self._calls, self._learns = 0, _FIRST  # how many had to make a key, and after how many the last one is the usual one
        self._has_aux = has_aux
        plain = target.positional and not target.lead
        self._count = len(target.names) if plain else -1  # a call by position with this many needs no binding
        whole = all(key is None for _, key in self.programs.selection)
        self._single = not isinstance(argnums, tuple | list) and whole
        names = [name for name, _ in self.programs.selection]
        self._several = whole and isinstance(argnums, tuple | list) and not has_aux and len(set(names)) == len(names)
        self._callbacks: dict[Any, Any] = {}  # of a Grad, see cfunc
        self._index = self.programs.positions[self.programs.active[0]]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The path that every call takes: kept flat, since its cost is what small functions pay."""
        bound: tuple[Any, ...] = args
        if kwargs or len(args) != self._count:
            bound = self.target.bind(args, kwargs)
        programs = self.programs
        compiled: Compiled | None
        matches, compiled = self._usual
        if matches is None or not matches(*bound):
            try:
                compiled = self._by_key.get(
                    tuple(
                        [
                            (v.dtype, v.shape)
                            if type(v) is np.ndarray
                            else float
                            if type(v) is float
                            else MAKERS.get(type(v), key_of)(v)
                            for v in bound
                        ]
                    )
                )
            except TypeError:  # an argument that cannot be hashed
                compiled = None
            self._calls += 1
            if self._calls == self._learns and compiled is not None and not compiled.mutates:
                self._learn(bound, compiled)
        like = bound
        if compiled is None or compiled.mutates or (compiled.guards is not None and not compiled.guards()):
            self._usual = None, None
            compiled = programs.find(bound)
            if compiled.mutates:
                like = template(bound)
        else:
            if compiled.refresh is not None:
                compiled.refresh()
            programs.last = compiled.program
        try:
            result = compiled.entry(*bound)
        except Exception as error:
            compiled.program.annotate(error)
            raise
        if like is not bound:
            pairs = zip(result[1:], compiled.positions, strict=True)
            result = (result[0], *(restricted(g, like[k]) for g, k in pairs))
        if self._several:
            if type(result[0]) not in _NUMBERS:
                check_scalar(self.__name__, self.target.name, result[0])
            if compiled.formed:
                return (result[0], result[1:]) if self.with_value else result[1:]  # type: ignore[return-value]
            several = tuple([formed(g, like[k]) for g, k in zip(result[1:], compiled.positions, strict=True)])
            return (result[0], several) if self.with_value else several  # type: ignore[return-value]
        if not self._single or self._has_aux:
            return self._finish(result, compiled, like)
        value, gradient = result
        if type(value) not in _NUMBERS:
            check_scalar(self.__name__, self.target.name, value)
        if not compiled.formed and (type(gradient) is not float or type(like[self._index]) is not float):
            gradient = formed(gradient, like[self._index])
        return (value, gradient) if self.with_value else gradient  # type: ignore[return-value]

    def _learn(self, bound: tuple[Any, ...], compiled: Compiled) -> None:
        """From now on, calls like this one need no key. Those that never settle on a signature learn ever more rarely."""
        from s2sad.api.quick import matcher

        self._usual = matcher(bound), compiled
        self._learns = 4 * self._calls

    def _finish(self, result: tuple[Any, ...], compiled: Compiled, bound: tuple[Any, ...]) -> Any:
        """The general case: several arguments, a part of ``*args``, an auxiliary result."""
        output, gradients = result[0], result[1:]
        value = output
        if self._has_aux:
            value = check_pair(self.__name__, self.target.name, output)[0]
        check_scalar(self.__name__, self.target.name, value)
        whole: dict[str, Any] = {}
        for k, gradient in zip(compiled.positions, gradients, strict=True):
            whole[self.target.names[k]] = formed(gradient, bound[k])
        asked = tuple(self._part(whole[name], key) for name, key in self.programs.selection)
        answer = asked if isinstance(self.options["argnums"], tuple | list) else asked[0]
        if self.with_value:
            return output, answer
        return (answer, output[1]) if self._has_aux else answer

    def _part(self, gradient: Any, key: Any) -> Any:
        """The gradient of one of ``*args`` or ``**kwargs``."""
        if key is None:
            return gradient
        try:
            return gradient[key]
        except (IndexError, KeyError):
            given = f"{len(gradient)} were given" if isinstance(key, int) else f"given: {', '.join(gradient)}"
            what = f"argument {key} of *{self.target.star}" if isinstance(key, int) else f"keyword {key!r}"
            raise ValueError(f"{self.target.name}: argnums asks for {what}; {given}") from None

    def program_for(self, *args: Any, **kwargs: Any) -> Any:
        """The compiled program for these arguments. Nothing runs."""
        return self.programs.find(self.target.bind(args, kwargs)).program

    @property
    def source(self) -> str:
        """The generated source: of the last specialisation that ran; before any call, that for the annotated types."""
        return str(self.programs.shown().text)

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The generated source for arguments of these types. Nothing runs."""
        last = self.programs.last
        text = str(self.program_for(*args, **kwargs).text)
        self.programs.last = last
        return text

    def shown_function(self) -> Callable[..., Any] | None:
        """The entry of the program that ``source`` shows."""
        entry: Callable[..., Any] | None = self.programs.shown().entry
        return entry

    def explain(self) -> str:
        """What was compiled, for which types, and what the reverse sweep keeps."""
        from s2sad.report.text import explain_programs

        compiled = [(types, c.program) for types, c in self.programs.by_types.items()]
        return explain_programs(self.__name__, self.programs.active, compiled)


class Grad(ValueAndGrad[P, R]):
    """The derivative object: called like the function, it returns the gradient."""

    suffix = "_grad"
    with_value = False

    @property
    def cfunc(self) -> Any:
        """The gradient as a ``numba.cfunc`` of float64 numbers, for C: ``scipy.LowLevelCallable(d.cfunc.ctypes)``.

        For ``backend="numba"`` and a function of floats that returns a float. Arguments with defaults, and numbers of the
        module, have the values that they have now. Where the function would raise, it gives NaN.
        """
        from s2sad.api.callback import callback

        return callback(self, self._callbacks)

    @property
    def address(self) -> int:
        """The address of ``cfunc``. It is valid for as long as this object lives, and calls with the values of then."""
        return int(self.cfunc.address)


def check_scalar(derivative: str, function: str, value: Any) -> None:
    """Raise TypeError, in one line with a way out, unless the value is one real floating-point number."""
    if isinstance(value, float | np.floating):
        return
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "f":
        return
    raise TypeError(f"{derivative}: {function} {_returned(value)}")


def _returned(value: Any) -> str:
    if value is None:
        return "returned None; a gradient needs a function that returns a float"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"returned an array of shape {value.shape}; use s2sad.vjp or s2sad.jacobian, or reduce it with np.sum"
    if isinstance(value, bool | int | np.integer | np.bool_ | np.ndarray):
        kind = value.dtype.name if isinstance(value, np.ndarray) else type(value).__name__
        return f"returned a value of type {kind}, whose derivative is zero everywhere; return a float"
    if isinstance(value, complex | np.complexfloating):
        return "returned a complex number; return its real part or its modulus, or use s2sad.vjp"
    if isinstance(value, tuple):
        other = "s2sad.vjp or s2sad.jacobian"
        return f"returned a tuple of {len(value)}; use has_aux=True for (value, auxiliary), or {other}"
    if isinstance(value, list | dict):
        return f"returned a {type(value).__name__}; use s2sad.vjp or s2sad.jacobian"
    return f"returned a {type(value).__name__}; a gradient needs a function that returns a float"


def check_pair(derivative: str, function: str, output: Any) -> tuple[Any, Any]:
    """Raise TypeError unless the function returned ``(value, auxiliary)``."""
    if isinstance(output, tuple) and len(output) == 2:
        return output
    raise TypeError(f"{derivative}: with has_aux=True {function} must return a pair (value, auxiliary)")


@overload
def grad(
    fun: Callable[P, Any],
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Grad[P, Any]: ...
@overload
def grad(
    fun: None = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Callable[[Callable[P, Any]], Grad[P, Any]]: ...
@transformation
def grad(
    fun: Any = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Any:
    """The gradient of a function that returns one number.

    Used as a decorator, with or without options, or called: ``@grad``, ``@grad(argnums="w")``, ``grad(loss)``.

    fun:      a plain Python and NumPy function; its source is compiled when the derivative is first called.
    argnums:  which arguments to differentiate: a position, a parameter's name, or a tuple of them. One gives one
              gradient, a tuple gives a tuple.
    has_aux:  the function returns ``(value, auxiliary)``; the derivative returns ``(gradient, auxiliary)``.
    backend:  ``"numpy"``, ``"numba"`` or ``"auto"``.
    parallel: with ``backend="numba"``: loops over large arrays whose iterations are independent run on all cores.
    fastmath: with ``backend="numba"``: sums in any order, fused products, reciprocals. NaN and infinity stay what they are.

    The result is called with the function's arguments. A gradient has the structure, shape, dtype and type of its
    argument.
    """
    return decorator(Grad, fun, argnums=argnums, has_aux=has_aux, backend=backend, parallel=parallel, fastmath=fastmath)


@overload
def value_and_grad(
    fun: Callable[P, Any],
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> ValueAndGrad[P, Any]: ...
@overload
def value_and_grad(
    fun: None = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Callable[[Callable[P, Any]], ValueAndGrad[P, Any]]: ...
@transformation
def value_and_grad(
    fun: Any = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    backend: str = "numpy",
    parallel: bool = False,
    fastmath: bool = False,
) -> Any:
    """Like ``grad``, but the derivative returns ``(value, gradient)``; the value is that of the function, to the bit.

    With ``has_aux`` it returns ``((value, auxiliary), gradient)``.
    """
    return decorator(
        ValueAndGrad, fun, argnums=argnums, has_aux=has_aux, backend=backend, parallel=parallel, fastmath=fastmath
    )
