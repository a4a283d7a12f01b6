"""Values that exceptions carry to their handlers."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, pos

PROGRAMS = Suite("carried_values", issue=3)


class TooBig(Exception):
    def __init__(self, value):
        super().__init__("too big")
        self.value = value


class Base(Exception):
    pass


class Pair(Base):
    def __init__(self, a, b=2.0):
        self.a = a * b
        self.b = b
        super().__init__(f"pair {a}")


class Sub(Pair):
    def __init__(self, a):
        super().__init__(a, a * a)
        self.extra = self.a + 1.0


class Stop(Exception):
    pass


def by_args_unpack(x):
    try:
        raise Stop(x * x, x)
    except Stop as e:
        a, b = e.args
    return a * b


PROGRAMS.add(by_args_unpack, 0.7)


def plain_subclass(x):
    try:
        if x > 0:
            raise Stop(x ** 3)
    except Stop as e:
        (v,) = e.args
        return v
    return 0.0


PROGRAMS.add(plain_subclass, 0.7)


def hier(x):
    t = 0.0
    for k in range(3):
        try:
            if k == 0:
                raise Pair(x)
            if k == 1:
                raise Sub(x + k)
            raise Pair(x, b=x)
        except Sub as e:
            t = t + e.extra * e.b
        except Base as e:
            t = t + e.a * e.b
    return t


PROGRAMS.add(hier, 0.7)


def nested(x):
    y = x
    try:
        try:
            y = y * x
            raise Pair(y)
        except KeyError:
            y = 100.0
        y = 50.0
    except Pair as e:
        y = y + e.a
    return y * y


PROGRAMS.add(nested, 0.7)


def reraised(x):
    y = x
    try:
        try:
            raise Pair(x * y)
        except Pair as e:
            y = e.a * 2
            raise
    except Base as e:
        y = y * e.a
    return y


PROGRAMS.add(reraised, 0.7)


def raise_from(x):
    try:
        try:
            raise Pair(x)
        except Pair as e:
            raise Sub(e.a * x) from e
    except Sub as e:
        return e.extra * x


PROGRAMS.add(raise_from, 0.7)


def kept(x):
    last = None
    for k in range(4):
        try:
            if x * k > 1:
                raise Pair(x * k)
            x = x * 1.2
        except Pair as e:
            last = e
    if last is not None:
        return last.a * x
    return x


PROGRAMS.add(kept, 0.7)


def made_before(x):
    error = Pair(x * x)
    y = error.a
    try:
        raise error
    except Pair as e:
        y = y + e.a * error.a
    return y


PROGRAMS.add(made_before, 0.7)


def loops(x, n):
    s = 0.0
    for i in range(n):
        try:
            t = x
            for j in range(5):
                t = t * (x + j)
                if t > 2.0:
                    raise TooBig(t)
            s = s + t
        except TooBig as e:
            s = s + e.value * i
            if i == 2:
                break
        else:
            s = s * 1.1
        finally:
            s = s + x
    return s


PROGRAMS.add(loops, 1.3, 4)
PROGRAMS.add(loops, 0.2, 4)
PROGRAMS.add(loops, 0.2, 0)


class Converged2(Exception):
    def __init__(self, root, steps):
        self.root = root
        self.steps = steps


def solver2(v, tol):
    for k in range(10):
        w = 0.5 * (v + 2.0 / v)
        if abs(w - v) < tol:
            raise Converged2(w, k)
        v = w
    return v


def converged2(x):
    try:
        return solver2(x, 1e-3)
    except Converged2 as e:
        return e.root * e.steps * x


PROGRAMS.add(converged2, 0.7)


def deep2(x):
    return deep3(x * x) + 1.0


def deep3(x):
    y = [x * k for k in range(3)]
    for v in y:
        if v > 0.5:
            raise TooBig(v)
    return sum(y)


def deep(x):
    try:
        return deep2(x)
    except TooBig as e:
        return e.value * x


PROGRAMS.add(deep, 0.7)


def unmarked(x, k):
    try:
        if k:
            raise TooBig(3)
        raise TooBig(x)
    except TooBig as e:
        return e.value * x


PROGRAMS.add(unmarked, 0.7, 0)
PROGRAMS.add(unmarked, 0.7, 1)


def message(x):
    try:
        raise TooBig(x * x)
    except TooBig as e:
        m = str(e)
        return x * len(m)


PROGRAMS.add(message, 0.7)


def finally_value(x):
    y = [x]
    try:
        try:
            raise TooBig(x * x)
        finally:
            y[0] = y[0] * x
    except TooBig as e:
        y[0] = y[0] + e.value
    return y[0]


PROGRAMS.add(finally_value, 0.7)


def comp(x):
    def f(v):
        if v > 1:
            raise TooBig(v * v)
        return v
    try:
        return sum([f(x * k) for k in range(5)])
    except TooBig as e:
        return e.value


PROGRAMS.add(comp, 0.7)


def tuple_types(x):
    try:
        raise Pair(x)
    except (KeyError, Pair) as e:
        return e.a


PROGRAMS.add(tuple_types, 0.7)


def bare_base(x):
    try:
        raise Pair(x * x)
    except Exception as e:
        if isinstance(e, Pair):
            return e.a
        return 0.0


PROGRAMS.add(bare_base, 0.7)


def while_retry(x):
    v = x
    tries = 0
    while True:
        try:
            if v > 0.1:
                raise TooBig(v * 0.5)
            break
        except TooBig as e:
            v = e.value * x
            tries += 1
            if tries > 5:
                break
    return v * tries


PROGRAMS.add(while_retry, 0.7)


def ids_reused(x):
    t = 0.0
    for k in range(50):
        try:
            if k % 2:
                raise TooBig(x * k)
            raise TooBig(7)
        except TooBig as e:
            t = t + e.value * x
    return t


PROGRAMS.add(ids_reused, 0.7)


def arrays(x):
    y = x * 1.0
    try:
        y[0] = y[1] * 2
        raise TooBig(y)
    except TooBig as e:
        v = e.value
    y[1] = 5.0 * y[0]
    return np.sum(v * x)


PROGRAMS.add(arrays, pos(3), smooth=False)  # the derivative of its derivative is refused


def array_read(x):
    try:
        raise TooBig(x * x)
    except TooBig as e:
        return np.sum(e.value[1:] * x[1:]) + e.value.sum()


PROGRAMS.add(array_read, pos(3), smooth=False)
