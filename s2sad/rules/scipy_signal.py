"""Convolutions and filters of ``scipy.signal``. Declared when one of them is met (``registry.FAMILIES``)."""

from __future__ import annotations

import numpy as np
from scipy import signal

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import bilinear, general
from s2sad.rules.samples import call, values


def _signals(**options):
    """Signals of one dimension and of two, in all modes; the second is longer, too."""
    cases = [
        lambda mode=mode, n=n, m=m: call(values((n,)), values((m,), salt=1), mode=mode, **options)
        for mode in ("full", "same", "valid") for n, m in ((6, 3), (6, 4), (3, 5))
    ]  # fmt: skip
    cases += [
        lambda mode=mode: call(values((4, 5)), values((2, 3), salt=1), mode=mode, **options)
        for mode in ("full", "same", "valid")
    ]
    return samples.cases(lambda: call(values((5,)), values((3,), salt=1)), *cases)


@bilinear(signal.convolve, type=ty.probe(signal.convolve), sample=_signals())
def convolve(y_bar, in1, in2, /, *, mode="full", method="auto"):
    whole = rt.whole_signal(y_bar, in1, in2, mode)
    # correlate takes the conjugate of what it moves; conjugates do nothing to real operands
    return (
        signal.correlate(whole, np.conj(in2), mode="valid", method=method),
        signal.correlate(whole, np.conj(in1), mode="valid", method=method),
    )


@bilinear(signal.fftconvolve, signal.oaconvolve, type=ty.probe(signal.fftconvolve), sample=_signals())
def fftconvolve(y_bar, in1, in2, /, *, mode="full"):
    whole = rt.whole_signal(y_bar, in1, in2, mode)
    return (
        signal.correlate(whole, np.conj(in2), mode="valid", method="fft"),
        signal.correlate(whole, np.conj(in1), mode="valid", method="fft"),
    )


@bilinear(signal.correlate, type=ty.probe(signal.correlate), sample=_signals())
def correlate(y_bar, in1, in2, /, *, mode="full", method="auto"):
    whole = rt.whole_signal(y_bar, in1, in2, mode)
    back = signal.correlate(whole, np.conj(in1), mode="valid", method=method)
    return signal.convolve(whole, np.conj(in2), mode="valid", method=method), np.conj(np.flip(back))


def lfilter_jvp(b_dot, a_dot, x_dot, y, b, a, x, *, axis=-1):
    """Both sides of the recursion move."""
    return signal.lfilter(b_dot, a, x, axis), -signal.lfilter(a_dot, a, y, axis), signal.lfilter(b, a, x_dot, axis)


@general(
    signal.lfilter, jvp=lfilter_jvp, type=lambda b, a, x, **static: ty.same_shape(x),
    sample=samples.cases(
        lambda: call(values((2,)), np.array([1.3, 0.2, -0.1]), values((6,), salt=1)),
        lambda: call(values((3,)), np.array([0.8, 0.2]), values((4, 3), salt=1), axis=0),
    ),
)  # fmt: skip
def lfilter(y_bar, y, b, a, x, /, *, axis=-1):
    return (
        rt.delayed_products(y_bar, signal.lfilter([1.0], a, x, axis), len(b), axis),
        -rt.delayed_products(y_bar, signal.lfilter([1.0], a, y, axis), len(a), axis),
        np.flip(signal.lfilter(b, a, np.flip(y_bar, axis), axis), axis),
    )
