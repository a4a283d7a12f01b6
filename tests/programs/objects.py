"""Classes, dataclasses, named tuples, operators by dunder methods."""

from __future__ import annotations

import operator
from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("objects", issue=3)


@dataclass
class Params:
    w: np.ndarray
    b: float
    n: int = 2


def dataclass_in(p):
    return np.sum(np.tanh(p.w * p.b)) ** p.n


PROGRAMS.add(dataclass_in, Params(arr(3), 0.4, 2))


@dataclass(frozen=True)
class Point:
    x: float
    y: float

    def norm2(self):
        return self.x**2 + self.y**2

    @property
    def swapped(self):
        return Point(self.y, self.x)

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Point(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Point(-self.x, -self.y)

    @staticmethod
    def origin():
        return Point(0.0, 0.0)

    @classmethod
    def diagonal(cls, t):
        return cls(t, t)


def frozen_dataclass_in(p):
    return p.norm2() * p.x


PROGRAMS.add(frozen_dataclass_in, Point(0.4, 0.9))


def dataclass_built(x, y):
    p = Point(x, y)
    return p.x * p.y + p.norm2()


PROGRAMS.add(dataclass_built, 0.4, 0.9)


def dataclass_operators(x, y):
    p = Point(x, y)
    q = p + p.swapped * 2.0 + 3.0 * Point.diagonal(x)
    return (-q).norm2() + (p + Point.origin()).x


PROGRAMS.add(dataclass_operators, 0.4, 0.9)


def dataclass_returned(x, y):
    return Point(x * y, x + y)


PROGRAMS.add(dataclass_returned, 0.4, 0.9)


class Counter:
    def __init__(self, start):
        self.total = start
        self.calls = 0

    def add(self, v):
        self.total = self.total + v * v
        self.calls += 1
        return self

    def __call__(self, v):
        return self.total * v

    def __getitem__(self, k):
        return self.total * k

    def __len__(self):
        return self.calls


def object_with_state(x):
    c = Counter(x)
    c.add(x * 2)
    c.add(c.total)
    return c.total * c.calls


PROGRAMS.add(object_with_state, 0.4)


def object_chained(x):
    c = Counter(0.0).add(x).add(2 * x)
    return c(x) + c[3] + len(c)


PROGRAMS.add(object_chained, 0.4)


def attribute_stores(x):
    c = Counter(x)
    c.total *= x
    c.extra = c.total + 1
    c.total = c.extra * c.total
    return c.total + c.extra


PROGRAMS.add(attribute_stores, 0.4)


def object_alias(x):
    a = Counter(x)
    b = a
    b.add(x)
    a.total *= 2
    return b.total * x


PROGRAMS.add(object_alias, 0.4)


def object_in_list(x):
    cs = [Counter(x), Counter(2 * x)]
    for c in cs:
        c.add(x)
    cs[0].total = cs[1].total * x
    return cs[0].total + cs[1].total


PROGRAMS.add(object_in_list, 0.4)


class Layer:
    def __init__(self, w, b, activation=np.tanh):
        self.w = w
        self.b = b
        self.activation = activation

    def forward(self, x):
        return self.activation(x @ self.w + self.b)


class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


def network_object(x, w1, b1, w2, b2):
    net = Network([Layer(w1, b1), Layer(w2, b2, activation=lambda z: z * z)])
    return np.sum(net.forward(x))


PROGRAMS.add(network_object, arr(2, 3), arr(3, 4), arr(4), arr(4, 1), arr(1))

CONSTANT_LAYER = Layer(arr(3, 2, seed=9), 0.1)


def global_object(x):
    return np.sum(CONSTANT_LAYER.forward(x) ** 2)


PROGRAMS.add(global_object, arr(3))


class Model:
    """A bound method is differentiated with respect to its arguments."""

    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return self.k * np.sum(x * x) + self.offset(x)

    def offset(self, x):
        return np.sin(x[0])


bound_energy = Model(2.5).energy
PROGRAMS.add(bound_energy, arr(3))


class Base:
    def value(self, x):
        return x * x

    def twice(self, x):
        return self.value(self.value(x))


class Derived(Base):
    scale = 3.0

    def value(self, x):
        return super().value(x) * self.scale


def inheritance(x):
    return Derived().twice(x) + Base().twice(x)


PROGRAMS.add(inheritance, 0.4)


class Vec(NamedTuple):
    x: float
    y: float

    def dot(self, other):
        return self.x * other.x + self.y * other.y


def named_tuple_in(v):
    return v.x * v.y + v[0] ** 2


PROGRAMS.add(named_tuple_in, Vec(0.4, 0.9))


def named_tuple_built(x, y):
    v = Vec(x, y)
    w = v._replace(x=y * y)
    a, b = w
    return v.dot(w) + a * b


PROGRAMS.add(named_tuple_built, 0.4, 0.9)

Pair = namedtuple("Pair", "first second")


def old_named_tuple(x, y):
    p = Pair(x, second=y)
    return p.first * p.second**2


PROGRAMS.add(old_named_tuple, 0.4, 0.9)


@dataclass
class Particle:
    pos: np.ndarray
    vel: np.ndarray
    mass: float = 1.0
    history: list = field(default_factory=list)

    def kick(self, force, dt):
        self.vel += force / self.mass * dt

    def drift(self, dt):
        self.pos = self.pos + self.vel * dt
        self.history.append(self.pos @ self.pos)


def particle_simulation(p0, v0, m):
    p = Particle(p0 * 1.0, v0 * 1.0, m)
    for _ in range(3):
        p.kick(-p.pos, 0.1)
        p.drift(0.1)
    return sum(p.history)


PROGRAMS.add(particle_simulation, arr(2), arr(2, seed=1), 1.3)


class Dual:
    """Users write their own forward mode; it must differentiate too."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __add__(self, o):
        o = o if isinstance(o, Dual) else Dual(o, 0.0)
        return Dual(self.a + o.a, self.b + o.b)

    __radd__ = __add__

    def __mul__(self, o):
        o = o if isinstance(o, Dual) else Dual(o, 0.0)
        return Dual(self.a * o.a, self.a * o.b + self.b * o.a)

    __rmul__ = __mul__

    def __eq__(self, o):
        return self.a == o.a

    def __lt__(self, o):
        return self.a < o.a


def own_dual_numbers(x):
    d = Dual(x, 1.0)
    e = 2.0 * d * d * d + d + 1.0
    return e.b * e.a if d < e else 0.0


PROGRAMS.add(own_dual_numbers, 0.4)


class Config:
    def __init__(self, rate=0.1, steps=3):
        self.rate = rate
        self.steps = steps

    @property
    def horizon(self):
        return self.rate * self.steps


def configuration_object(x, cfg=None):
    cfg = cfg or Config()
    for _ in range(cfg.steps):
        x = x - cfg.rate * x**3
    return x * cfg.horizon


PROGRAMS.add(configuration_object, 0.8)


def getattr_setattr(x):
    c = Counter(x)
    name = "total"
    v = getattr(c, name) * getattr(c, "missing", 2.0)
    setattr(c, name, v * v)
    return c.total if hasattr(c, "total") else 0.0


PROGRAMS.add(getattr_setattr, 0.8)


def operator_module(x, y):
    f = operator.itemgetter(1)
    return operator.add(operator.mul(x, y), operator.pow(x, 2)) + f([x, y])


PROGRAMS.add(operator_module, 0.8, 0.3)


class Matrix2:
    def __init__(self, rows):
        self.rows = rows

    def __matmul__(self, other):
        return Matrix2(
            [[sum(a * b for a, b in zip(row, col)) for col in zip(*other.rows)] for row in self.rows]
        )

    def __getitem__(self, ij):
        i, j = ij
        return self.rows[i][j]

    def __setitem__(self, ij, v):
        i, j = ij
        self.rows[i][j] = v


def own_matrix_class(x, y):
    m = Matrix2([[x, y], [1.0, x * y]])
    m[0, 1] = m[0, 0] * y
    p = m @ m @ m
    return p[0, 0] + p[1, 0] * p[0, 1]


PROGRAMS.add(own_matrix_class, 0.8, 0.3)


class Ctx:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append("in")
        return self

    def __exit__(self, *exc):
        self.log.append("out")
        return False


def with_statement(x):
    log = []
    with Ctx(log) as c:
        y = x * x
        c.log.append("body")
    with np.errstate(divide="ignore"):
        y = y / (x + 1)
    return y * len(log)


PROGRAMS.add(with_statement, 0.8)


class Iterates:
    def __init__(self, xs):
        self.xs = xs

    def __iter__(self):
        return iter(self.xs)

    def __len__(self):
        return len(self.xs)

    def __contains__(self, v):
        return v > 100


def own_iterable(x):
    it = Iterates([x, x * x, 2.0])
    s = 0.0
    for v in it:
        s += v * v
    return s * len(it) * (1 if 5 in it else 2)


PROGRAMS.add(own_iterable, 0.8)


class Joint:
    """A node that knows its parent, which knows its children."""

    def __init__(self, length, parent=None):
        self.length, self.parent, self.children = length, parent, []
        if parent is not None:
            parent.children.append(self)


SHOULDER = Joint(1.5)
ELBOW = Joint(1.2, SHOULDER)


def data_that_holds_itself(x):
    reach = sum(c.length for c in SHOULDER.children)
    return np.sin(x) * ELBOW.length + ELBOW.parent.length * x**2 + reach * x


PROGRAMS.add(data_that_holds_itself, 0.7)


@dataclass
class Place:
    x: float
    y: float


def matched_by_position(a, b):
    match Place(a, b * a):
        case Place(0.0, y):
            return y
        case Place(x, y) if x > 1:
            return x * y * y
        case _:
            return a


PROGRAMS.add(matched_by_position, 1.5, 2.0)
PROGRAMS.add(matched_by_position, 0.5, 2.0)


class Tank:
    __gain = 3.0

    def __init__(self, level):
        self.__level = level
        self.flow = self.__rate(level)

    def __rate(self, level):
        return level * level * self.__gain

    def out(self):
        return self.__level * self.flow

    @staticmethod
    def __twice(x):
        return x * 2.0

    def doubled(self):
        return Tank.__twice(self.flow) + self.__twice(self.__level)


class LargeTank(Tank):
    def __init__(self, level):
        super().__init__(level)
        self.__level = level * 10.0

    def out(self):
        def more(x):
            return x + self.__level

        return more(super().out()) * self.__level


def private_names(x):
    return LargeTank(x).out() + Tank(x).doubled()


PROGRAMS.add(private_names, 0.7)


TANK = LargeTank(0.7)


def private_names_of_the_module(x):
    return TANK.out() * x + TANK.doubled()


PROGRAMS.add(private_names_of_the_module, 1.3)
