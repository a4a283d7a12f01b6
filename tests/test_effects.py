"""Every helper of the runtime says what it does to memory: one that is not known counts as a store."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
import s2sad.rules
from s2sad import runtime as rt
from s2sad.analysis import effects
from s2sad.analysis.scatters import changes_first
from s2sad.rules.registry import lookup
from tests.each import each

HELPERS: dict[str, Callable[..., Any]] = {
    name: getattr(rt, name) for name in rt.__all__ if inspect.isfunction(getattr(rt, name))
}  # fmt: skip
_STORING = {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "fill", "put"}


def test_each_helper_is_classified_once() -> None:
    each(((name, name, fn) for name, fn in HELPERS.items()), classified_once)


def classified_once(name: str, fn: Callable[..., Any]) -> None:
    lists = (effects._HELPERS_RAISE, effects._HELPERS_FRESH, effects._HELPERS_FIRST, effects._HELPERS_PURE)
    named = [name in names for names in lists]
    stores, has_rule = changes_first(fn), lookup(fn) is not None
    assert any((*named, stores, has_rule)), f"rt.{name} counts as a store until a list in analysis/effects.py has it"
    assert sum((*named, stores)) <= 1
    assert not (stores and has_rule), "a call of a rule is taken for one that stores nothing"


def test_the_lists_name_helpers() -> None:
    listed = effects._HELPERS_RAISE | effects._HELPERS_FRESH | effects._HELPERS_FIRST | effects._HELPERS_PURE
    assert listed <= set(HELPERS)


def parameters_stored_into(fn: Callable[..., Any]) -> set[str]:
    """The parameters that a function, or one in it, stores into itself (not what it calls)."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(fn))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    names = {a.arg for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.Delete):
            found |= _parts_of(node.targets)
            names -= {x.id for t in node.targets for x in ast.walk(t) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
        elif isinstance(node, ast.AugAssign):
            found |= {node.target.id} if isinstance(node.target, ast.Name) else _parts_of([node.target])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STORING:
            found |= {node.func.value.id} if isinstance(node.func.value, ast.Name) else set()
    return found & names


def _parts_of(targets: list[ast.expr]) -> set[str]:
    """The names of which these targets are elements or attributes."""
    parts = [x.value for t in targets for x in ast.walk(t) if isinstance(x, ast.Subscript | ast.Attribute)]
    return {x.id for x in parts if isinstance(x, ast.Name)}


def test_what_counts_as_no_store_stores_into_no_parameter() -> None:
    assert [n for n, fn in HELPERS.items() if not changes_first(fn) and parameters_stored_into(fn)] == []


def test_parameters_stored_into() -> None:
    assert parameters_stored_into(rt.store_adjoint) == set()  # by way of ``put_adjoint``
    assert parameters_stored_into(rt.put_adjoint) == {"x_bar"}
    assert parameters_stored_into(rt.sort_list) == {"place"}


def test_what_is_fresh_gives_no_operand() -> None:
    """Those of one array, on an array."""
    x = np.array([[0.3, 0.7], [1.1, 0.2]])
    for name in sorted(effects._HELPERS_FRESH):
        try:
            out = HELPERS[name](x)
        except TypeError:  # of several operands
            continue
        assert not (isinstance(out, np.ndarray) and np.may_share_memory(out, x)), name


def test_the_slope_of_lgamma_leaves_its_operand_alone() -> None:
    for power, want in ((1, 0.9227843350984671), (2, 0.3949340668482264)):
        x = np.array(3.0)
        d = s2sad.grad(lambda x: math.lgamma(x))
        got = d(x) if power == 1 else s2sad.grad(d)(x)
        assert got == pytest.approx(want, rel=1e-13)
        assert x == 3.0
