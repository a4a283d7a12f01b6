"""Where FITPACK's splines do not move, and the degree that their slopes are asked of."""

from __future__ import annotations

from typing import Any

import numpy as np

_CONSTANT = 3  # splev's ext= that continues a curve by the values at its ends
_RAISED = 5  # FITPACK's highest degree


def curve_inside(x: Any, tck: Any, ext: Any) -> Any:
    """1 where a curve moves with ``x``, 0 where it is continued by a constant."""
    if ext != _CONSTANT:
        return np.ones(np.shape(x))
    return _inside(x, tck[0], tck[2])


def surface_inside(x: Any, y: Any, z: Any, tck: Any, axis: int) -> Any:
    """1 where a surface moves with ``x`` (axis 0) or ``y``, 0 beside its domain, where it is constant; of z's shape."""
    along = _inside(y if axis else x, tck[axis], tck[3 + axis])
    grid = np.broadcast_to(np.reshape(along, (1, -1) if axis else (-1, 1)), (np.size(x), np.size(y)))
    return np.reshape(grid, np.shape(z))


def _inside(x: Any, knots: Any, degree: int) -> Any:
    x = np.asarray(x)
    return np.where((x >= knots[degree]) & (x <= knots[-degree - 1]), 1.0, 0.0)


def sloped(tck: Any, axis: int) -> Any:
    """The same surface, of a degree that bisplev gives slopes of: its linear splines have none there."""
    if tck[3 + axis] != 1:
        return tck
    knots, sizes = tck[axis], (len(tck[0]) - tck[3] - 1, len(tck[1]) - tck[4] - 1)
    c = np.moveaxis(np.reshape(tck[2], sizes), axis, 0)
    parts = np.arange(_RAISED)[:, None] / _RAISED
    inner = c[:-1, None] * (1.0 - parts) + c[1:, None] * parts  # Bernstein coefficients of each piece
    c = np.moveaxis(np.concatenate([np.reshape(inner, (-1, c.shape[1])), c[-1:]]), 0, axis)
    ends = knots[1], knots[-2]
    raised = np.concatenate([ends[:1], np.repeat(knots[1:-1], _RAISED), ends[1:]])
    new = [*tck[:2], np.ravel(c), *tck[3:]]
    new[axis], new[3 + axis] = raised, _RAISED
    return tuple(new)
