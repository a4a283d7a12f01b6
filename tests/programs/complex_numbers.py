"""Complex numbers on the way from real arguments to a real result."""

from __future__ import annotations

import cmath
import math

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("complex_numbers", issue=3)
X = np.array([0.3, -0.7, 1.2, 0.5])


def exp_sqrt_phase(x):
    return abs(cmath.exp(complex(x[0], x[1]))) + cmath.sqrt(x[1]).imag + cmath.phase(complex(x[0], x[2]))


PROGRAMS.add(exp_sqrt_phase, X, smooth=False)  # a phase has no second derivative yet


def conjugate_product(x):
    z = x[0] + 1j * x[1]
    z = z * z * z.conjugate()
    return z.real + abs(z) + z.imag**2


PROGRAMS.add(conjugate_product, X)


def polar_and_rect(a, b):
    z = complex(a, b)
    w = cmath.rect(abs(z), cmath.phase(z) * 2)
    r, p = cmath.polar(w)
    return r * math.sin(p) + w.real + cmath.log(z, 2).imag + (z**3).real + (1 / z).imag + abs(z - w) ** 2


PROGRAMS.add(polar_and_rect, 0.3, 0.7, smooth=False)  # a phase has no second derivative yet


def modulus_in_an_exponent(a, b):
    z = complex(a, b)
    return cmath.exp(1j * abs(z) * z).real * cmath.tanh(z).imag


PROGRAMS.add(modulus_in_an_exponent, 0.3, 0.7)


def interference(x):
    z = np.exp(1j * x)
    w = np.exp(1j * np.abs(z * x))
    total = np.abs(np.sum(z * np.conj(z[::-1]))) + np.real(z[0]) * np.imag(z[1]) + np.angle(z[0] + 2)
    return total + z.real @ z.imag + np.imag(w).sum() + np.abs(w + x).sum()


PROGRAMS.add(interference, X, smooth=False)  # a phase has no second derivative yet


def horner(x):
    z = 0j
    for k, v in enumerate(x):
        z = z * complex(0, 1) + v * cmath.exp(1j * k)
    return z.real * z.imag


PROGRAMS.add(horner, X)


def kept_in_lists(x):
    zs = [complex(v, 1) for v in x]
    w = sum(zs)
    p = 1
    for z in zs:
        p = p * z
    return (w * p).real + max(abs(z) for z in zs)


PROGRAMS.add(kept_in_lists, X)


def julia(a, b):
    z = complex(a, b)
    for _ in range(3):
        if abs(z) > 0.5:
            z = z * z + complex(a, 1)
        else:
            z = z * 1j + abs(z)
    return abs(z)


PROGRAMS.add(julia, 0.3, 0.7)


def split(z):
    return abs(z), z.conjugate() * z


def through_a_call(a, b):
    r, s = split(complex(a, b) * b)
    return r * s.real + isinstance(s, complex) * a


PROGRAMS.add(through_a_call, 0.3, 0.7)
