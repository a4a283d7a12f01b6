"""Programs with objects for ``test_objects``: each is a function of floats or objects, with the arguments to try it at."""

from __future__ import annotations

import copy
import dataclasses
import functools
import math
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np

Case = tuple[Any, tuple[Any, ...]]
CASES: list[Case] = []
REFUSED: list[Case] = []


def case(*args: Any) -> Any:
    """A program that must be right."""

    def decorate(fn: Any) -> Any:
        CASES.append((fn, args))
        return fn

    return decorate


def refused(*args: Any) -> Any:
    """A program that must be refused, with its place, before it runs."""

    def decorate(fn: Any) -> Any:
        REFUSED.append((fn, args))
        return fn

    return decorate


@dataclass
class State:
    x: float
    v: float
    t: float = 0.0

    def step(self, dt):
        return State(self.x + dt * self.v, self.v - dt * self.x, self.t + dt)

    def advance(self, dt):
        self.x += dt * self.v
        self.v -= dt * math.sin(self.x)
        self.t += dt

    @property
    def energy(self):
        return 0.5 * self.v**2 + 0.5 * self.x**2


@case(0.7, 0.3)
def functional_loop(x, v):
    s = State(x, v)
    for _ in range(5):
        s = s.step(0.1)
    return s.energy * s.t


@case(0.7, 0.3)
def mutating_loop(x, v):
    s = State(x, v)
    for _ in range(5):
        s.advance(0.1)
    return s.energy + s.t * s.x


@case(0.7, 0.3)
def while_loop(x, v):
    s = State(x, v)
    while s.t < 0.45:
        s.advance(0.1)
        if s.x > 100:
            break
    return s.x * s.v


@case(0.7, 0.3)
@case(-0.7, 0.3)
def store_in_a_branch(x, v):
    s = State(x, v)
    if x > 0:
        s.x = x * v
    else:
        s.v = x * x
    return s.x * s.v


@case(0.7, 0.3)
@case(-0.7, 0.3)
def store_in_a_branch_in_a_loop(x, v):
    s = State(x, v)
    for k in range(4):
        if k % 2 == 0:
            s.x = s.x * s.v
        elif s.x > 0:
            s.v = s.v + s.x
        else:
            s.extra = s.v
    return s.x * s.v


@case(0.7, 0.3)
@case(-0.7, 0.3)
def one_of_two(x, v):
    s = State(x, v) if x > 0 else State(v, x * x)
    return s.energy * s.x


@case(0.7, 0.3)
@case(-0.7, 0.3)
def rebound_in_a_branch(x, v):
    s = State(x, v)
    if x > 0:
        s = s.step(0.5)
    return s.x * s.energy


@case(0.7, 0.3)
def early_return(x, v):
    s = State(x, v)
    for _ in range(4):
        s.advance(0.2)
        if s.t > 0.5:
            return s.x * s.t
    return s.v


@case(0.7, 0.3)
def two_names(x, v):
    a = State(x, v)
    b = a
    for _ in range(3):
        b.x = a.x * a.v
        a.v = b.x + 1.0
    return a.x * b.v if a is b else 0.0


class Accumulator:
    count: ClassVar[int] = 0

    def __init__(self, n):
        self.values = []
        self.table = {}
        self.grid = np.zeros(n)

    def put(self, k, x):
        self.values.append(x * x)
        self.table[k] = x * 2.0
        self.grid[k] = x
        self.grid[k] *= x
        return self

    def total(self):
        return sum(self.values) + sum(self.table.values()) + np.sum(self.grid)


@case(0.7, 0.3)
def containers_in_an_object(x, y):
    acc = Accumulator(4)
    acc.put(0, x).put(1, y)
    for k in range(2, 4):
        acc.put(k, x * y * k)
    return acc.total()


@case(0.7, 0.3)
def two_instances(x, y):
    a, b = Accumulator(2), Accumulator(2)
    a.put(0, x)
    b.put(1, y)
    a.values.append(b.total())
    return a.total() * b.total()


@case(np.array([0.3, -0.5, 0.9]))
def array_shared_with_an_object(v):
    w = v * 2.0
    acc = Accumulator(3)
    acc.grid = w
    w[0] = w[1] * w[2]
    acc.grid[1] = w[0] ** 2
    return np.sum(w * acc.grid)


class Node:
    def __init__(self, value, parent=None):
        self.value = value
        self.parent = parent
        self.child = None
        if parent is not None:
            parent.child = self

    def up(self):
        return self.value if self.parent is None else self.value * self.parent.up()

    def down(self):
        return self.value if self.child is None else self.value + self.child.down()


@case(0.7, 0.3)
def cyclic(x, y):
    a = Node(x)
    b = Node(y, a)
    c = Node(x * y, b)
    c.parent.parent.value = c.value + 1.0
    return c.up() * a.down()


class Shape:
    factor = 2.0
    names = ("a", "b")

    def __init__(self, size):
        self.size = size
        self.setup()

    def setup(self):
        self.kind = "shape"

    def area(self):
        return self.size * self.factor

    @classmethod
    def unit(cls):
        return cls(1.0)

    @staticmethod
    def scale(x):
        return 3.0 * x

    def describe(self):
        return f"{self.kind}"


class Square(Shape):
    factor = 1.0

    def __init__(self, size, offset=0.5):
        super().__init__(size)
        self.offset = offset

    def setup(self):
        super().setup()
        self.kind = "square"

    def area(self):
        return super().area() * self.size + self.offset


@case(0.7)
def inheritance(x):
    shapes = [Shape(x), Square(x * x), Square.unit()]
    total = 0.0
    for s in shapes:
        total = total + s.area() * len(s.kind) * s.scale(x)
    return total if shapes[1].describe() == "square" else x


@case(0.7)
def dispatch_on_type(x):
    s = Square(x)
    if isinstance(s, Shape) and type(s) is Square and s.__class__.factor == 1.0:
        return s.area() * hasattr(s, "offset") * getattr(s, "missing", 2.0)
    return 0.0


class Temperature:
    def __init__(self, celsius):
        self._c = celsius

    @property
    def kelvin(self):
        return self._c + 273.15

    @kelvin.setter
    def kelvin(self, value):
        self._c = value - 273.15

    @functools.cached_property
    def squared(self):
        return self._c**2


@case(20.5)
def properties(c):
    t = Temperature(c)
    t.kelvin = t.kelvin * 2.0
    t.kelvin += c
    first = t.squared
    t._c = 0.0
    return first + t.squared + t._c


class Money:
    def __init__(self, amount):
        self.amount = amount

    def __add__(self, other):
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount + other.amount)

    def __radd__(self, other):
        return Money(other + self.amount)

    def __sub__(self, other):
        return Money(self.amount - other.amount)

    def __rsub__(self, other):
        return Money(other - self.amount)

    def __imul__(self, k):
        self.amount = self.amount * k
        return self

    def __rpow__(self, base):
        return base**self.amount

    def __truediv__(self, k):
        return Money(self.amount / k)

    def __neg__(self):
        return Money(-self.amount)

    def __abs__(self):
        return Money(abs(self.amount))

    def __float__(self):
        return self.amount * 1.0

    def __bool__(self):
        return self.amount > 0

    def __lt__(self, other):
        return self.amount < other.amount

    def __call__(self, k, *, extra=0.0):
        return self.amount * k + extra

    def __contains__(self, k):
        return k < self.amount


@case(0.7, 0.3)
@case(-0.7, 0.3)
def operators(x, y):
    a, b = Money(x), Money(y)
    c = a
    c *= 3.0
    d = abs(-(a + b) / 2.0) - (1.0 - b)
    e = sum([a, b, d], Money(0.0)) if 0.1 in b else d
    f = 2.0**e
    top = a if a > b else b
    return float(e) * f + top(2.0, extra=x) * (1.0 if d else y) + c.amount


@dataclass(order=True)
class Version:
    major: float
    minor: float = field(default=0.0, compare=False)
    parts: list = field(default_factory=list)
    scale: InitVar[float] = 1.0
    total: float = field(init=False, default=0.0)
    KIND: ClassVar[str] = "v"

    def __post_init__(self, scale):
        self.major = self.major * scale
        self.total = self.major + self.minor


@dataclass
class Sub(Version):
    patch: float = 1.0


@case(0.7, 0.3)
def dataclass_features(x, y):
    a = Version(x, minor=y, scale=2.0)
    b = Version(y, x)
    s = Sub(x, y, patch=x * y)
    a.parts.append(b.total)
    if a > b and a == Version(x, 5.0, [y + x], 2.0) and a != b:
        return a.total * s.patch * sum(a.parts) * len(a.KIND) * s.total
    return 0.0


@dataclass(frozen=True)
class Frozen:
    x: float
    y: float = 1.0
    norm: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "norm", math.hypot(self.x, self.y))


@case(0.7, 0.3)
def frozen_and_replaced(x, y):
    p = Frozen(x, y)
    q = dataclasses.replace(p, x=y * y)
    d = dataclasses.asdict(q)
    a, b, c = dataclasses.astuple(p)
    return p.norm * q.norm + d["x"] * a + b * c


@case(0.7, 0.3)
def copied_object(x, y):
    s = State(x, y)
    t = copy.copy(s)
    t.x = t.x * s.v
    return s.x * t.x


class Pair(NamedTuple):
    first: float
    second: State

    @property
    def product(self):
        return self.first * self.second.x

    def moved(self, k):
        return self._replace(first=self.first * k)


@case(0.7, 0.3)
def named_tuple_of_objects(x, y):
    p = Pair(x, State(y, x))
    q = p.moved(3.0)
    q.second.advance(0.1)
    first, second = q
    return p.product * first * second.v


@case(0.7, 0.3)
def objects_in_containers(x, y):
    d = {"a": State(x, y), "b": State(y, x)}
    rows = [(State(x, x), 2.0), (State(y, y), 3.0)]
    total = 0.0
    for key, s in d.items():
        total += s.energy * len(key)
    for k, (s, w) in enumerate(rows):
        s.advance(0.1)
        total += s.x * w * k
    d["a"].x = total
    return d["a"].energy * rows[0][0].v + sum(s.x for s in d.values())


@case(0.7, 0.3)
def closure_over_an_object(x, y):
    s = State(x, y)

    def bump(k):
        s.x = s.x * k
        return s.energy

    first = bump(y)
    return first + bump(2.0) * s.x


@case(0.7, 0.3)
def method_as_value(x, y):
    s = State(x, y)
    f = s.step
    g = s.advance
    g(0.1)
    return f(0.2).energy * s.x


def make_state(x):
    return State(x, x * x)


def fill(s, k):
    s.x = s.x * k
    s.v = s.x + 1.0


@case(0.7)
def made_and_filled_by_helpers(x):
    s = make_state(x)
    t = make_state(x * 2.0)
    fill(s, t.v)
    for k in range(3):
        fill(t, k + s.x)
    return s.energy + t.energy


class Optimizer:
    def __init__(self, rate, momentum=0.9):
        self.rate = rate
        self.momentum = momentum
        self.velocity = None
        self.steps = 0

    def update(self, w, g):
        self.velocity = np.zeros_like(w) if self.velocity is None else self.velocity
        self.velocity = self.momentum * self.velocity - self.rate * g
        self.steps += 1
        return w + self.velocity


@case(np.array([0.3, -0.5, 0.9]), 0.1)
def optimizer(w, rate):
    opt = Optimizer(rate)
    w = opt.update(w, w**3)
    for _ in range(3):
        w = opt.update(w, w**3)
    return np.sum(w * w) * opt.steps


@case(0.7, 0.3)
def object_result_in_a_tuple(x, y):
    return State(x * y, x), [x * y]


@case(0.7, 0.3)
def list_of_new_objects(x, y):
    states = []
    s = State(x, y)
    for _ in range(4):
        s = s.step(0.1)
        states.append(s)
    total = 0.0
    for t in states:
        total += t.x * t.v
    return total + states[-1].energy


@dataclass
class Parameters:
    w: np.ndarray
    b: float
    inner: State
    names: tuple = ("a",)
    n: int = 2


PARAMETERS = Parameters(np.array([0.3, -0.5, 0.9]), 0.4, State(0.7, 0.3))


@case(PARAMETERS)
def given_dataclass(p):
    return np.sum(np.tanh(p.w * p.b)) * p.inner.energy * p.n


@case(PARAMETERS, 0.5)
def given_and_stored(p, y):
    p.b = p.b * y
    p.inner.x = p.b * p.inner.v
    p.inner.advance(0.1)
    p.w[0] = 2.0
    return np.sum(p.w * p.b) * p.inner.energy


@case(PARAMETERS, 0.5)
@case(PARAMETERS, -0.5)
def given_and_stored_in_flow(p, y):
    for k in range(3):
        if k == 1 and y > 0:
            p.b = p.b * y + p.inner.x
        p.inner.v = p.inner.v * p.b
    return p.b * p.inner.v


@case(State(0.7, 0.3), State(0.2, 0.4))
def two_given(s, t):
    s.x = s.x * t.x
    t.x = s.x + t.v
    return s.energy * t.energy


@case([State(0.7, 0.3), State(0.2, 0.4)])
def list_of_given(states):
    total = 0.0
    for s in states:
        total += s.energy
    return total * states[0].step(0.1).x


class Model:
    def __init__(self, k):
        self.k = k
        self.calls = 0

    def loss(self, x):
        self.calls += 1
        return self.k * x**2 * self.calls


@case(0.7)
def printed_object(x):
    s = State(x, x)
    label = str(len(repr(s)))
    return s.energy * len(label)


class Body:
    def __init__(self, mass, pos, vel):
        self.mass, self.pos, self.vel = mass, pos, vel


class World:
    def __init__(self, bodies):
        self.bodies = bodies
        self.t = 0.0
        self.log = []

    def forces(self):
        out = []
        for i, a in enumerate(self.bodies):
            f = np.zeros(2)
            for j, b in enumerate(self.bodies):
                if i != j:
                    d = b.pos - a.pos
                    f += a.mass * b.mass * d / (d @ d + 0.1) ** 1.5
            out.append(f)
        return out

    def step(self, dt):
        for b, f in zip(self.bodies, self.forces(), strict=False):
            b.vel = b.vel + dt * f / b.mass
            b.pos += dt * b.vel
        self.t += dt
        self.log.append(self.energy())

    def energy(self):
        return sum(0.5 * b.mass * (b.vel @ b.vel) for b in self.bodies)


@case(np.array([0.1, -0.2]), 1.3)
def bodies(x, m):
    first = Body(m, x.copy(), np.zeros(2))
    world = World([first, Body(2.0, np.array([1.0, 0.0]), np.array([0.0, 0.1])), Body(m * m, np.ones(2), np.zeros(2))])
    for _ in range(3):
        world.step(0.1)
    return world.energy() + sum(world.log) + world.t * m


class Layer:
    def __init__(self, w, b):
        self.w = w
        self.b = b

    def __call__(self, x):
        return np.tanh(x @ self.w + self.b)

    def penalty(self):
        return np.sum(self.w**2)


class Network:
    def __init__(self, ws):
        self.layers = [Layer(w, 0.1 * k) for k, w in enumerate(ws)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@case([np.eye(2) * 0.5, np.ones((2, 2)), np.array([[0.3, -0.2], [0.1, 0.4]])], np.array([0.3, -0.5]))
def layers_in_a_comprehension(ws, x):
    net = Network(ws)
    return np.sum(net(x) ** 2) + 0.1 * sum(layer.penalty() for layer in net.layers) + net.layers[-1].b


@case(0.7)
def list_of_objects_that_changes(x):
    held = []
    for k in range(4):
        held.append(Layer(x * k, x))
    held.pop()
    held.insert(0, Layer(x * x, 2.0))
    held.reverse()
    total = 0.0
    for i, one in enumerate(held):
        total += one.w * one.b * (i + 1)
    table = {k: Layer(x + k, 1.0) for k in range(3)}
    for k, one in table.items():
        total += one.w**2 * k
    return total + table[1].w


@case(0.7, 0.3)
def sorted_objects(x, y):
    held = [Layer(x, 1.0), Layer(y, 2.0), Layer(x * y, 3.0)]
    held.sort(key=lambda one: one.w)
    best = max(held, key=lambda one: one.w * one.b)
    return held[0].w * best.w + sum(one.b * one.w for one in held)


@case(0.7)
def augmented_in_a_loop(x):
    total = Money(x)
    for k in range(3):
        total *= x + k
    return total.amount


@case(0.7, 0.3)
def two_objects_swapped(x, y):
    a, b = State(x, y), State(y, x)
    for _ in range(3):
        a, b = b, a
    return a.x * b.v**2 * a.energy


@case(0.7)
def child_of_two(x):
    child = State(x, 1.0)
    a, b = Layer(child, 0.0), Layer(child, 0.0)
    for _ in range(3):
        a.w.x = a.w.x * x
        b.w.x += 1.0
    return a.w.x * b.w.x


@case(State(0.7, 0.3), 0.5)
@case(State(0.7, 0.3), -0.5)
def given_or_made(s, x):
    m = s if x > 0 else State(x, x)
    return m.x * m.v * x


# -- refused -----------------------------------------------------------------------------------------------------------


@refused(0.7, 0.3)
def swapped_and_stored(x, y):
    a, b = State(x, y), State(y, x)
    for _ in range(3):
        a, b = b, a
        a.x = a.x * x
    return a.x * b.v


@refused(State(0.7, 0.3), 0.5)
def given_stored_and_returned(s, x):
    s.x = s.x * x
    return s


@case(0.7)
def stored_through_a_list(x):
    held = [State(k * x, x) for k in range(3)]
    for s in held:
        s.x = s.x * s.v
    return held[0].x * held[1].x


SHARED = State(1.0, 2.0)


@refused(0.7)
def stored_into_a_global(x):
    SHARED.x = x
    return SHARED.x * x


class Magic:
    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        return self.x * 2.0


@refused(0.7)
def getattr_hook(x):
    m = Magic(x)
    return m.anything


class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*[2 * a for a in args])


class WithMeta(metaclass=Meta):
    def __init__(self, x):
        self.x = x


@refused(0.7)
def metaclass(x):
    return WithMeta(x).x


class FromDict(dict):
    pass


@refused(0.7)
def c_base(x):
    d = FromDict(x=x)
    return d["x"] * d["x"]


@refused(0.7)
def frozen_store(x):
    p = Frozen(x)
    p.x = 2.0
    return p.x


@refused(0.7)
def stored_after_append(x):
    states = []
    for _ in range(2):
        s = State(x, x)
        states.append(s)
        s.x = x * x
    return states[0].x


@refused(0.7, 0.3)
def stored_after_merge(x, y):
    a, b = State(x, y), State(y, x)
    c = a if x > y else b
    c.x = x * y
    return a.x + b.x


@refused(0.7)
def stored_through_alias_in_loop(x):
    a = State(x, x)
    p = a
    for _ in range(3):
        p.x = p.x * a.v
        a.v = p.x
        p = State(p.x, a.v)
    return p.x + a.x


@refused(0.7)
def different_kinds(x):
    s = State(x, x) if x > 0 else Money(x)
    return s.x


@refused(0.7)
def missing_attribute(x):
    s = State(x, x)
    return s.nothing * x


@refused(0.7)
def store_in_try(x):
    s = State(x, x)
    try:
        s.x = x * x
        s.v = math.sqrt(s.x - 10.0)
    except ValueError:
        s.v = 1.0
    return s.x * s.v


@refused([State(0.7, 0.3), State(0.2, 0.4)])
def store_into_list_of_given(states):
    for s in states:
        s.x = s.x * s.v
    return states[0].x + states[1].x


class Descriptor:
    def __get__(self, obj, cls):
        return 3.0

    def __set__(self, obj, value):
        obj.__dict__["hidden"] = value


class WithDescriptor:
    d = Descriptor()

    def __init__(self, x):
        self.d = x


@refused(0.7)
def descriptor(x):
    return WithDescriptor(x).d * x


@refused(0.7, 0.3)
def numpy_meets_object(x, y):
    return (np.array([x, y]) + Money(x)).sum()
