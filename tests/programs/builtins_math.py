"""The math module and builtins over numbers."""

from __future__ import annotations

import math
from math import cos, exp, log, pi, sqrt

from tests.programs import Suite

PROGRAMS = Suite("builtins_math")


def math_elementary(x):
    return math.sin(x) * math.cos(x) + math.tan(x) + math.exp(x) - math.log(x + 1) + math.sqrt(x)


PROGRAMS.add(math_elementary, 0.7)


def math_inverse(x):
    return math.asin(x) + math.acos(x) * math.atan(x) + math.atan2(x, 2.0) + math.atan2(1.0, x)


PROGRAMS.add(math_inverse, 0.4)


def math_hyperbolic(x):
    return math.sinh(x) + math.cosh(x) * math.tanh(x) + math.asinh(x) + math.acosh(x + 2) + math.atanh(x)


PROGRAMS.add(math_hyperbolic, 0.4)


def math_logs(x):
    return math.log(x) + math.log(x, 3) + math.log2(x) * math.log10(x) + math.log1p(x) + math.expm1(x)


PROGRAMS.add(math_logs, 0.7)


def math_powers(x, y):
    return math.pow(x, y) + math.hypot(x, y) + x**0.5


PROGRAMS.add(math_powers, 0.7, 1.3)


def math_special(x):
    return math.erf(x) + math.erfc(x) * 2 + math.gamma(x + 1) + math.lgamma(x + 2)


PROGRAMS.add(math_special, 0.7)


def math_constants(x):
    return math.pi * x + math.e**x + math.tau / x


PROGRAMS.add(math_constants, 0.7)


def math_integer_parts(x):
    return math.floor(x) * x + math.ceil(x) * x * x + math.trunc(x)


PROGRAMS.add(math_integer_parts, 2.3)


def math_degrees(x):
    return math.sin(math.radians(x)) + math.degrees(x)


PROGRAMS.add(math_degrees, 0.7)


def math_fabs_copysign(x, y):
    return math.fabs(x) * 2 + math.copysign(x, y) + math.fmod(x, 0.6)


PROGRAMS.add(math_fabs_copysign, -0.7, 1.0)


def from_imports(x):
    return sqrt(exp(-x) + cos(pi * x) ** 2) + log(x)


PROGRAMS.add(from_imports, 0.7)


def builtin_abs_min_max(x, y):
    return abs(x) * max(x, y) - min(x, y, 0.1) * 2


PROGRAMS.add(builtin_abs_min_max, -0.7, 0.4)


def builtin_pow_divmod(x, y):
    return pow(x, 3) + pow(x, y)


PROGRAMS.add(builtin_pow_divmod, 0.7, 1.4)


def builtin_float_int(x, n):
    return float(x) * int(n) + float(n) * x + int(x * 10) * x


PROGRAMS.add(builtin_float_int, 0.73, 3)


def builtin_sum_list(x, y):
    return sum([x, y, x * y]) + sum((x, y), 2.0)


PROGRAMS.add(builtin_sum_list, 0.7, 1.4)


def builtin_max_of_list(x, y):
    return max([x, y, 0.2]) ** 2 + min((x, y))


PROGRAMS.add(builtin_max_of_list, 0.7, 1.4)


def builtin_round(x):
    return round(x * 10) * x + round(x, 1)


PROGRAMS.add(builtin_round, 0.73)


def is_instance(x):
    if isinstance(x, float):
        return x * x
    if isinstance(x, (int, str)):
        return 0.0
    return x


PROGRAMS.add(is_instance, 0.73)


def math_predicates(x):
    if math.isnan(x) or math.isinf(x) or not math.isfinite(x):
        return 0.0
    return x * 3 if math.isclose(x, 0.73) else x * x


PROGRAMS.add(math_predicates, 0.9)


def math_fsum_prod(x, y):
    return math.fsum([x, y, x * y]) + math.prod([x, y, 3.0]) + math.dist([x, 1.0], [y, 2.0])


PROGRAMS.add(math_fsum_prod, 0.7, 1.4, issue=3)


def math_hypot_three(x, y, z):
    return math.hypot(x, y, z) * math.comb(5, 2) + math.factorial(4) * x


PROGRAMS.add(math_hypot_three, 0.7, 1.4, 0.3, issue=3)


def math_remaining(x):
    return math.modf(x)[0] * x + math.frexp(x)[0] + math.ldexp(x, 3) + math.cbrt(x) + math.exp2(x)


PROGRAMS.add(math_remaining, 1.3, issue=3)


def sorted_values(x, y, z):
    a, b, c = sorted([x, y, z])
    return a + 2 * b + 3 * c * a


PROGRAMS.add(sorted_values, 0.7, 1.4, 0.3, issue=3)


def reversed_list(x, y):
    s = 0.0
    for v in reversed([x, y, x * y]):
        s = s * 0.5 + v
    return s


PROGRAMS.add(reversed_list, 0.7, 1.4, issue=3)


def map_filter(x, y):
    s = sum(map(lambda t: t * t, [x, y]))
    return s + sum(filter(lambda t: t > 1, [x, y, x * y]))


PROGRAMS.add(map_filter, 0.7, 1.4, issue=3)


def max_with_key(x, y):
    return max([x, y], key=lambda t: -t) * 2 + min([x, y], key=abs) + max([], default=x)


PROGRAMS.add(max_with_key, 0.7, 1.4, issue=3)


def divmod_values(x, y):
    q, r = divmod(x, y)
    return q * x + r * y


PROGRAMS.add(divmod_values, 3.7, 1.4, issue=3)


def all_any(x, y):
    if all([x > 0, y > 0]) and any((x > 1, y > 1)):
        return x * y
    return x


PROGRAMS.add(all_any, 0.7, 1.4, issue=3)


def zip_longest_chain(xs):
    pairs = list(zip(xs, xs[1:]))
    return sum(a * b for a, b in pairs) + len(pairs)


PROGRAMS.add(zip_longest_chain, [0.3, 0.8, 1.2], issue=3)


def complex_modulus(x, y):
    z = complex(x, y)
    return abs(z * z) + (z.conjugate() * z).real


PROGRAMS.add(complex_modulus, 0.7, 1.4, issue=3)


def shadowed_builtin(x):
    sum = x * 2
    max = sum * sum
    len = 3
    return max + sum * len


PROGRAMS.add(shadowed_builtin, 0.7)


def shadowed_np(np, x):
    math = np * x
    return math * np


PROGRAMS.add(shadowed_np, 0.7, 1.4)
