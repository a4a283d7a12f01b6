"""Jacobians, Hessians and their products, composed from the two modes.

A Jacobian of a function with array ``x`` in and array ``y`` out has the shape ``y.shape + x.shape``; of containers
it has the structure of the value, and in place of each leaf the structure of the argument. A number has shape ``()``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.api.derivative import Grad
from s2sad.api.modes import Pullback, jvp, run_jvp
from s2sad.api.programs import Programs
from s2sad.api.pytrees import TreeDef, flatten, unflatten
from s2sad.api.target import Argnums
from s2sad.api.values import zero_like
from s2sad.api.wrapper import Wrapper, decorator, transformation
from s2sad.runtime.containers import copy


class Jacobian(Wrapper):
    """Called like the function, it returns the Jacobian with respect to the arguments asked for."""

    suffix = "_jacobian"
    mode = "vjp"
    made_by = "jacrev"

    def __init__(
        self, fun: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, backend: str = "numpy"
    ) -> None:
        super().__init__(fun, argnums=argnums, has_aux=has_aux, backend=backend)
        self.programs = Programs(self.target, self.mode, argnums, has_aux=has_aux, backend=backend, strict=True)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = self.target.bind(args, kwargs)
        columns, auxiliary = self._columns(bound)
        answer = tuple(columns) if isinstance(self.options["argnums"], tuple | list) else columns[0]
        return (answer, auxiliary) if self.options["has_aux"] else answer

    def _columns(self, bound: tuple[Any, ...]) -> tuple[list[Any], Any]:
        """The Jacobian with respect to each selected argument, and the auxiliary result."""
        pullback = Pullback(self.programs, bound)
        output = pullback.take_output()
        value, auxiliary = output if self.options["has_aux"] else (output, None)
        leaves, structure = flatten(value)
        check_numbers(self.__name__, self.target.name, value, leaves)
        if not any(_is_complex(x) for x in flatten([self._argument(bound, j) for j in range(len(self.programs.selection))])[0]):
            refuse_complex(self.__name__, self.target.name, leaves)
        zeros = [np.zeros_like(np.asarray(v)) for v in leaves]
        rows: list[list[tuple[Any, ...]]] = []
        for k, zero in enumerate(zeros):
            rows.append([pullback(unflatten(structure, _unit_seeds(zeros, leaves, k, i))) for i in range(zero.size)])
        shapes = [zero.shape for zero in zeros]
        answers = []
        for j in range(len(self.programs.selection)):
            gradients = [[g[j] for g in row] for row in rows]
            answers.append(_stack_rows(structure, shapes, gradients, self._argument(bound, j)))
        return answers, auxiliary

    def _argument(self, bound: tuple[Any, ...], j: int) -> Any:
        name, key = self.programs.selection[j]
        whole = bound[self.programs.positions[name]]
        return whole if key is None else whole[key]

    @property
    def source(self) -> str:
        """The generated source: of the last specialisation that ran; before any call, that for the annotated types."""
        return str(self.programs.shown().text)

    def shown_function(self) -> Callable[..., Any] | None:
        """The entry of the program that ``source`` shows."""
        entry: Callable[..., Any] | None = self.programs.shown().entry
        return entry


class ForwardJacobian(Jacobian):
    """The same by forward mode: one sweep for each number that goes in, instead of one for each that comes out."""

    suffix = "_jacobian"
    mode = "jvp"
    made_by = "jacfwd"

    def _columns(self, bound: tuple[Any, ...]) -> tuple[list[Any], Any]:
        inputs = [self._argument(bound, j) for j in range(len(self.programs.selection))]
        answers, auxiliary = [], None
        stores = bool(self.programs.find(bound).mutates)
        fresh = copy(bound) if stores else bound  # each sweep stores into its arguments: the first into the caller's
        for j, x in enumerate(inputs):
            leaves, structure = flatten(x)
            tangents: list[Any] = [zero_like(v) for v in inputs]
            self.programs.find(bound)  # refuses the arguments that have no derivative
            zeros = [np.zeros_like(np.asarray(v)) for v in leaves]
            columns: list[list[Any]] = []
            value: Any = None
            if not any(zero.size for zero in zeros):  # no column at all: only the value's structure is needed
                value = run_jvp(self.programs, bound, tangents)[0]
                bound = copy(fresh) if stores else bound
                value, auxiliary = value if self.options["has_aux"] else (value, auxiliary)
            for k, zero in enumerate(zeros):
                columns.append([])
                for i in range(zero.size):
                    tangents[j] = unflatten(structure, _unit_seeds(zeros, leaves, k, i))
                    value, dot = run_jvp(self.programs, bound, tangents)
                    bound = copy(fresh) if stores else bound
                    if self.options["has_aux"]:
                        (value, auxiliary), dot = value, dot[0]
                    if not (k or i or j):
                        check_numbers(self.__name__, self.target.name, value, flatten(value)[0])
                    columns[-1].append(dot)
            answers.append(_stack_columns(structure, zeros, columns, value))
        return answers, auxiliary


def check_numbers(derivative: str, function: str, value: Any, leaves: list[Any]) -> None:
    """Raise TypeError, in one line, where a value holds something that is no number, or is None."""
    wrong = [v for v in leaves if not isinstance(v, np.ndarray | float | int | complex | np.number | np.bool_)]
    if value is None or wrong:
        what = "None" if value is None else f"{'' if wrong[0] is value else 'a value that holds '}a {type(wrong[0]).__name__}"
        raise TypeError(f"{derivative}: {function} returned {what}; a Jacobian needs a function that returns numbers")


def refuse_complex(derivative: str, function: str, leaves: list[Any]) -> None:
    """Of a complex value of real arguments, reverse mode gives the derivative of the real part alone."""
    if any(map(_is_complex, leaves)):
        raise TypeError(f"{derivative}: {function} returned a complex number; return its real part, or use s2sad.jacfwd")


def _is_complex(v: Any) -> bool:
    return isinstance(v, complex | np.complexfloating) or (isinstance(v, np.ndarray) and v.dtype.kind == "c")


def _unit_seeds(zeros: list[np.ndarray[Any, Any]], leaves: list[Any], k: int, i: int) -> list[Any]:
    """Zero for every leaf but element ``i`` of leaf ``k``, which is one."""
    seeds: list[Any] = list(zeros)
    one = zeros[k].copy()
    one.flat[i] = 1
    seeds[k] = one
    return [s if isinstance(v, np.ndarray) else s.item() for s, v in zip(seeds, leaves, strict=True)]


def _stack_rows(structure: TreeDef, shapes: list[tuple[int, ...]], rows: list[list[Any]], x: Any) -> Any:
    """One gradient for each element of each leaf of the value, put together in the value's structure."""
    parts = []
    for shape, gradients in zip(shapes, rows, strict=True):
        flat = [flatten(g)[0] for g in gradients]
        xs, inner = flatten(x)
        stacked = [_assemble([leaf[n] for leaf in flat], shape, np.shape(v), axis=0) for n, v in enumerate(xs)]
        parts.append(unflatten(inner, stacked))
    return unflatten(structure, parts)


def _stack_columns(structure: TreeDef, zeros: list[Any], columns: list[list[Any]], value: Any) -> Any:
    """One tangent of the value for each element of each leaf of the argument."""
    ys, outer = flatten(value)
    parts = []
    for m, y in enumerate(ys):
        inner = [
            _assemble([flatten(dot)[0][m] for dot in dots], np.shape(y), zero.shape, axis=-1)
            for zero, dots in zip(zeros, columns, strict=True)
        ]
        parts.append(unflatten(structure, inner))
    return unflatten(outer, parts)


def _assemble(pieces: list[Any], out: tuple[int, ...], inp: tuple[int, ...], axis: int) -> Any:
    if not pieces:
        return np.zeros(out + inp)
    if out == inp == ():
        return pieces[0]
    return np.stack([np.asarray(p) for p in pieces], axis=axis).reshape(out + inp)


@transformation
def jacrev(fun: Any = None, *, argnums: Argnums = 0, has_aux: bool = False, backend: str = "numpy") -> Any:
    """The Jacobian by reverse mode: one sweep back for each number in the value. Best for few outputs."""
    return decorator(Jacobian, fun, argnums=argnums, has_aux=has_aux, backend=backend)


jacobian = jacrev


@transformation
def jacfwd(fun: Any = None, *, argnums: Argnums = 0, has_aux: bool = False, backend: str = "numpy") -> Any:
    """The Jacobian by forward mode: one sweep for each number in the arguments. Best for few inputs."""
    return decorator(ForwardJacobian, fun, argnums=argnums, has_aux=has_aux, backend=backend)


@transformation
def hessian(fun: Any = None, *, argnums: Argnums = 0, has_aux: bool = False, backend: str = "numpy") -> Any:
    """The matrix of second derivatives, by forward mode over the gradient; of several arguments, a tuple of tuples."""
    if fun is None:
        return lambda f: hessian(f, argnums=argnums, has_aux=has_aux, backend=backend)
    gradient: Grad[..., Any] = Grad(fun, argnums=argnums, has_aux=has_aux, backend=backend)
    return ForwardJacobian(gradient, argnums=argnums, has_aux=has_aux, backend=backend)


@transformation
def hvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, backend: str = "numpy") -> Any:
    """The Hessian times a direction, without the Hessian: the derivative of the gradient along ``tangents``.

    One primal gives one product, several give a tuple.
    """
    argnums: Argnums = tuple(range(len(primals))) if len(primals) > 1 else 0
    return jvp(Grad(fun, argnums=argnums, backend=backend), primals, tangents, backend=backend)[1]
