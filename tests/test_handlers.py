"""The lists of names by which inference finds its handlers are those of the tables."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from s2sad.analysis.infer.handlers import LISTED, handler_of


@pytest.mark.parametrize("module", LISTED)
def test_each_module_is_listed_with_the_names_of_its_functions(module: str) -> None:
    table = import_module(f"s2sad.analysis.infer.{module}").HANDLERS
    assert LISTED[module].split() == sorted({fn.__name__ for fn in table})
    assert all(handler_of(fn) is handler for fn, handler in table.items())


def test_no_function_is_in_two_tables() -> None:
    tables = [import_module(f"s2sad.analysis.infer.{m}").HANDLERS for m in LISTED]
    assert len({fn for t in tables for fn in t}) == sum(map(len, tables))


def test_methods_of_ufuncs_and_others() -> None:
    assert handler_of(np.add.at) is not None
    assert handler_of(np.multiply.outer) is not None
    assert handler_of(np.sin) is None
    assert handler_of(lambda x: x) is None
    with pytest.raises(TypeError):
        handler_of([])
