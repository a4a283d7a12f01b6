"""``np.fft``: transforms are linear, and their matrices symmetric, so the adjoint of one is a transform.

With the adjoint z_bar of a complex z as in ``complex_numbers`` (``df = Re(z_bar * dz)``), the adjoint of ``fft`` is ``fft``
itself and that of ``ifft`` is ``ifft``, both without a conjugate. ``rfft`` is ``fft`` of real numbers, of which one half is
kept; ``irfft`` reads each number of its half spectrum for two.
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import INT, STR
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import linear, nondiff

call, values = samples.call, samples.values
_PLANE = values((2, 6)) + 1j * values((2, 6), salt=3)
_REAL = samples.cases(
    lambda: call(values((6,))),
    lambda: call(values((5,)), norm="ortho"),
    lambda: call(values((3, 4)), 6, 0),
    lambda: call(values((3, 4)), 3, norm="forward"),
)
_BOTH = samples.cases(*(lambda k=k: _REAL()[k] for k in range(4)), lambda: call(_PLANE), lambda: call(_PLANE[0], 4))


@linear(np.fft.fft, type=ty.probe(np.fft.fft), sample=_BOTH)
def fft(y_bar, a, /, *, n=None, axis=-1, norm=None):
    return rt.resized(np.fft.fft(y_bar, axis=axis, norm=norm), a)


@linear(np.fft.ifft, type=ty.probe(np.fft.ifft), sample=_BOTH)
def ifft(y_bar, a, /, *, n=None, axis=-1, norm=None):
    return rt.resized(np.fft.ifft(y_bar, axis=axis, norm=norm), a)


@linear(np.fft.rfft, type=ty.probe(np.fft.rfft), sample=_REAL)
def rfft(y_bar, a, /, *, n=None, axis=-1, norm=None):
    return rt.resized(np.fft.fft(y_bar, rt.transform_size(a, n, axis), axis, norm), a)


@linear(
    np.fft.irfft,
    type=ty.probe(np.fft.irfft),
    sample=samples.cases(
        lambda: call(_PLANE[0, :4]),
        lambda: call(_PLANE[0, :4], 7),
        lambda: call(_PLANE[:, :3], 10, norm="ortho"),
        lambda: call(_PLANE, 4, norm="forward"),
        lambda: call(values((4, 2)), 5, 0),
    ),
)
def irfft(y_bar, a, /, *, n=None, axis=-1, norm=None):
    half = np.conj(np.fft.rfft(y_bar, axis=axis, norm=rt.inverse_norm(norm)))
    return rt.resized(rt.doubled(half, rt.transform_size(y_bar, None, axis), axis), a)


_PLANES = samples.cases(
    lambda: call(values((3, 4))),
    lambda: call(_PLANE),
    lambda: call(_PLANE, (3, 4), norm="ortho"),
    lambda: call(values((2, 3, 4)), axes=(0, 2)),
)
_WHOLE = samples.cases(lambda: call(values((3, 4))), lambda: call(_PLANE), lambda: call(values((2, 3)), (3, 2), (0, 1)))


@linear(np.fft.fft2, type=ty.probe(np.fft.fft2), sample=_PLANES)
def fft2(y_bar, a, /, *, s=None, axes=(-2, -1), norm=None):
    return rt.resized(np.fft.fft2(y_bar, axes=axes, norm=norm), a)


@linear(np.fft.ifft2, type=ty.probe(np.fft.ifft2), sample=_PLANES)
def ifft2(y_bar, a, /, *, s=None, axes=(-2, -1), norm=None):
    return rt.resized(np.fft.ifft2(y_bar, axes=axes, norm=norm), a)


@linear(np.fft.fftn, type=ty.probe(np.fft.fftn), sample=_WHOLE)
def fftn(y_bar, a, /, *, s=None, axes=None, norm=None):
    return rt.resized(np.fft.fftn(y_bar, axes=axes, norm=norm), a)


@linear(np.fft.ifftn, type=ty.probe(np.fft.ifftn), sample=_WHOLE)
def ifftn(y_bar, a, /, *, s=None, axes=None, norm=None):
    return rt.resized(np.fft.ifftn(y_bar, axes=axes, norm=norm), a)


@linear(
    rt.resized,
    type=ty.probe(rt.resized),
    sample=samples.cases(lambda: call(values((3,)), values((5,))), lambda: call(values((3, 4)), values((2, 6)))),
)
def resized(y_bar, g, /, *, x):
    return rt.resized(y_bar, g)


@linear(
    rt.doubled, type=ty.same_shape, sample=samples.cases(lambda: call(values((4,)), 6), lambda: call(values((3, 2)), 5, 0))
)
def doubled(y_bar, g, /, *, n, axis=-1):
    return rt.doubled(y_bar, n, axis)


nondiff(rt.transform_size, type=ty.constant(INT))
nondiff(rt.inverse_norm, type=ty.constant(STR))
