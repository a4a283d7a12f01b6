"""Every program of the corpus, reverse and forward, against the oracles.

``S2SAD_CORPUS`` chooses: ``2`` (the language of the core), ``3`` (all), or a topic's name; ``S2SAD_SECOND_ORDER=0``
leaves out the second derivatives of the smooth programs.
"""

from __future__ import annotations

import contextlib
import copy
import io
import os
from typing import Any

import numpy as np
import pytest

from tests import derive, oracles
from tests.programs import Program, load, named

s2sad = pytest.importorskip("s2sad")
if not hasattr(s2sad, "vjp"):
    pytest.skip("the compiler is not there yet", allow_module_level=True)

CHOICE = os.environ.get("S2SAD_CORPUS", "3")
SECOND_ORDER = os.environ.get("S2SAD_SECOND_ORDER", "1") != "0"
DOT_RTOL = 1e-12

# Programs that are not differentiated yet. They must be refused, with this code: a program that starts to work fails
# here until it is taken off the list.
REFUSED: dict[str, str] = {}


def chosen(p: Program) -> bool:
    return (p.issue <= int(CHOICE) or CHOICE == "3") if CHOICE.isdigit() else p.topic == CHOICE


def params(*, smooth: bool = False) -> list[Any]:
    """One parameter per chosen program with a readable, unique id."""
    wanted = [(name, p) for name, p in named() if p.name not in REFUSED and chosen(p) and (p.smooth or not smooth)]
    return [pytest.param(p, id=name) for name, p in wanted]


def narrow(program: Program) -> bool:
    """Is some input of single precision?"""
    dtypes = (np.asarray(x).dtype for x in _raw_leaves(program.args))
    return any(d.itemsize < 8 for d in dtypes)


def _raw_leaves(tree: Any) -> list[Any]:
    out: list[Any] = []
    oracles.map_leaves(lambda x: (out.append(x), x)[1], tree)
    return out


def quiet() -> contextlib.redirect_stdout[io.StringIO]:
    return contextlib.redirect_stdout(io.StringIO())


@pytest.mark.parametrize("program", [pytest.param(p, id=p.name) for p in load() if p.name in REFUSED and chosen(p)])
def test_refused_for_now(program: Program) -> None:
    args, kwargs = program.sample()
    with pytest.raises(s2sad.UnsupportedError) as caught, quiet():
        derive.vjp(program, args, kwargs)
    assert [f.code for f in caught.value.findings][:1] == [REFUSED[program.name]]
    assert caught.value.findings[0].loc.line > 0


@pytest.mark.parametrize("program", params())
def test_first_order(program: Program) -> None:
    fn, active = program.fn, program.active
    plain = oracles.observe(lambda a, k: fn(*a, **k), program.args, program.kwargs)
    args, kwargs = program.sample()
    with quiet():
        sample_value = fn(*args, **kwargs)
    seed = oracles.random_like(sample_value, 11)
    directions = {i: oracles.random_like(program.args[i], 23 + i) for i in active}

    # reverse: effects, gradients, a second pullback, memory
    pullbacks: list[Any] = []
    inputs: list[Any] = []

    def reverse(a: Any, k: Any) -> Any:
        inputs.append(a)
        value, pullback = derive.vjp(program, a, k)
        pullbacks.append((value, pullback))
        return copy.deepcopy(value)

    derived = oracles.observe(reverse, program.args, program.kwargs)
    if derived.error and not plain.error:
        reverse(*program.sample())  # let the compiler's own error show itself
    assert not oracles.same_effects(plain, derived)
    _, pullback = pullbacks[0]
    left = oracles.bits(inputs[0])
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        gradients = pullback(seed)
    assert out.getvalue() == "", "the reverse sweep prints"
    assert oracles.bits(inputs[0]) == left, "the reverse sweep writes into primal memory"
    for i, g in zip(active, gradients, strict=True):
        assert not oracles.same_structure(program.args[i], g)
    assert not oracles.share_memory(*gradients, inputs[0], seed), "a gradient shares memory"
    first = oracles.bits(gradients)
    again = pullback(seed)
    assert oracles.bits(again) == first, "the second pullback differs"
    assert not oracles.share_memory(*gradients, *again)

    numeric = oracles.numeric_gradient(fn, program.args, program.kwargs, active, seed)
    for i, g, want in zip(active, gradients, numeric, strict=True):
        assert not oracles.close(oracles.gradient_leaves(g, program.args[i]), want, program.rtol)

    # forward: effects, tangent, and its dot product with the gradients
    tangents: list[Any] = []

    def forward(a: Any, k: Any) -> Any:
        value, tangent = derive.jvp(program, a, k, directions)
        tangents.append(tangent)
        return copy.deepcopy(value)

    derived = oracles.observe(forward, program.args, program.kwargs)
    if derived.error and not plain.error:
        forward(*program.sample())
    assert not oracles.same_effects(plain, derived)
    want = oracles.directional(fn, program.args, program.kwargs, directions)
    assert not oracles.close(oracles.leaves(tangents[0]), want.value, program.rtol)
    gap = oracles.dot_product_gap(seed, tangents[0], gradients, [directions[i] for i in active])
    assert gap <= (1e-5 if narrow(program) else DOT_RTOL), f"dot products differ by {gap:.3g}"
    if program.args and oracles.is_leaf(sample_value) and np.shape(sample_value) == ():
        grad_agrees_with_vjp(program)


def grad_agrees_with_vjp(program: Program) -> None:
    """Of a function that gives a number: the joint form with the split form."""
    with quiet():
        args, kwargs = program.sample()
        value, gradients = s2sad.value_and_grad(program.fn, argnums=program.active)(*args, **kwargs)
        args, kwargs = program.sample()
        _, pullback = derive.vjp(program, args, kwargs)
        want = pullback(np.asarray(value).dtype.type(1.0) if isinstance(value, np.generic) else 1.0)
    for g, w in zip(gradients, want, strict=True):
        assert not oracles.close(oracles.leaves(g), oracles.leaves(w), 1e-5 if narrow(program) else 1e-12)
    for i, g in zip(program.active, gradients, strict=True):
        assert not oracles.same_structure(program.args[i], g)


@pytest.mark.skipif(not SECOND_ORDER, reason="second order is off")
@pytest.mark.parametrize("program", params(smooth=True))
def test_second_order(program: Program) -> None:
    """Reverse over reverse and forward over reverse, against differences of the first gradient."""
    args, kwargs = program.sample()
    with quiet():
        value = program.fn(*args, **kwargs)
    if not oracles.is_leaf(value) or np.shape(value) != () or narrow(program):
        pytest.skip("not scalar-valued, or of single precision")
    first = program.active[0]
    inner = s2sad.grad(program.fn, argnums=first)
    directions = {i: oracles.random_like(program.args[i], 23 + i) for i in program.active}
    want = oracles.directional(inner, program.args, program.kwargs, directions)
    nested = Program(inner, program.args, program.kwargs, program.active, topic=program.topic)
    with quiet():
        args, kwargs = program.sample()
        _, tangent = derive.jvp(nested, args, kwargs, directions)
        args, kwargs = program.sample()
        value, pullback = derive.vjp(nested, args, kwargs)
        seed = oracles.random_like(value, 11)
        gradients = pullback(seed)
    assert not oracles.close(oracles.leaves(tangent), want.value, 10 * program.rtol)
    gap = oracles.dot_product_gap(seed, tangent, gradients, [directions[i] for i in program.active])
    assert gap <= 1e-11, f"dot products differ by {gap:.3g}"
