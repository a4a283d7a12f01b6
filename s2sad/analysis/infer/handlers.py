"""All functions that inference treats itself, by the modules that hold their handlers.

A program calls functions of a few of them: the lists of names say which modules are to be asked (and imported) for a
function. ``tests/test_handlers.py`` compares them with the tables of the modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

LISTED: dict[str, str] = {
    "builtins": """
        abs all any bool callable chr dict divmod enumerate filter float frozenset getattr hasattr int isinstance len list map
        max min next ord partial print range reduce repr reversed set slice sorted str sum tuple type zip
    """,
    "decorators": "attrgetter cache cast itemgetter lru_cache methodcaller same wraps",
    "deep_copies": "deepcopy",
    "itertools_": """
        accumulate chain combinations combinations_with_replacement count cycle from_iterable islice pairwise permutations
        product repeat starmap zip_longest
    """,
    "made_now": "made_early",
    "numpy_calls": """
        atleast_1d atleast_2d atleast_3d copyto diff einsum fill_diagonal float32 float64 frexp fromiter interp log place polar
        put putmask qr svd tolist where
    """,
    "numpy_options": "linspace meshgrid pad",
    "standard": "copy fromkeys histogram ndenumerate ndindex unique vectorize",
    "type_queries": """
        can_cast common_type dtype finfo iinfo index is_place iscomplexobj isdtype isrealobj isscalar issubclass issubdtype
        iterable min_scalar_type mintypecode normalize_axis_index promote_types result_type
    """,
}
_MODULES: dict[str, list[str]] = {}
for _module, _names in LISTED.items():
    for _name in _names.split():
        _MODULES.setdefault(_name, []).append(_module)


def handler_of(obj: Any) -> Any:
    """The handler of a function, or None: ``handler(f, pos, kw, name, untyped)`` gives the atom of the call's value, or
    ``NotImplemented`` to leave the call to its rule. Raises ``TypeError`` for what cannot be hashed."""
    hash(obj)
    name = getattr(obj, "__name__", None)
    for module in _MODULES.get(name, ()) if name.__class__ is str else ():
        found = _table(module).get(obj)
        if found is not None:
            return found
    if isinstance(getattr(obj, "__self__", None), np.ufunc):  # ``np.add.at`` is a new object each time it is read
        return import_module("s2sad.analysis.infer.numpy_calls").method_handler(obj)
    return None


def _table(module: str) -> dict[Any, Any]:
    return import_module(f"s2sad.analysis.infer.{module}").HANDLERS
