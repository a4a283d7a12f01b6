"""Whole programs that ask for trouble: each is right, raises what the plain call raises, or is refused at a line of its own."""

# ruff: noqa: E501

from __future__ import annotations

PROGRAMS: dict[str, str] = {
    "async_function": "async def f(x, v):\n    return x * x\n",
    "async_comprehension": "async def f(x, v):\n    return sum([t async for t in v]) * x\n",
    "async_with": "async def f(x, v):\n    async with v as w:\n        x = x * w\n    await x\n    return x\n",
    "generator": "def f(x, v):\n    for t in v:\n        yield t * x\n",
    "generator_delegating": "def g(x):\n    yield x\n    return x * 2\ndef f(x, v):\n    def h():\n        y = yield from g(x)\n"
    "        return y\n    return sum(h())\n",
    "generator_send": "def g(x):\n    t = yield x\n    yield t * x\ndef f(x, v):\n    it = g(x)\n    next(it)\n    return it.send(2.0)\n",
    "metaclass": "class Meta(type):\n    def __call__(cls, *args):\n        return 5.0\nclass C(metaclass=Meta):\n"
    "    def __init__(self, x):\n        self.x = x\ndef f(x, v):\n    return C(x) * x\n",
    "metaclass_getattr": "class Meta(type):\n    def __getattr__(cls, name):\n        return 3.0\nclass C(metaclass=Meta):\n    pass\n"
    "def f(x, v):\n    return C.anything * x\n",
    "descriptor": "class D:\n    def __get__(self, obj, cls):\n        return obj.raw * 2\n    def __set__(self, obj, value):\n"
    "        obj.raw = value + 1\nclass C:\n    a = D()\n    def __init__(self, x):\n        self.a = x\ndef f(x, v):\n"
    "    c = C(x)\n    return c.a * x\n",
    "descriptor_of_class": "class D:\n    def __get__(self, obj, cls):\n        return 4.0\nclass C:\n    a = D()\ndef f(x, v):\n    return C.a * x\n",
    "getattr_hook": "class C:\n    def __init__(self, x):\n        self.x = x\n    def __getattr__(self, name):\n        return self.x * len(name)\n"
    "def f(x, v):\n    return C(x).abc * x\n",
    "getattribute_hook": "class C:\n    def __init__(self, x):\n        self.x = x\n    def __getattribute__(self, name):\n"
    "        return object.__getattribute__(self, name) * 2\ndef f(x, v):\n    return C(x).x * x\n",
    "setattr_hook": "class C:\n    def __setattr__(self, name, value):\n        object.__setattr__(self, name, value * 3)\n"
    "def f(x, v):\n    c = C()\n    c.x = x\n    return c.x * x\n",
    "property_that_raises": "class C:\n    def __init__(self, x):\n        self.x = x\n    @property\n    def p(self):\n"
    "        raise ValueError('never')\ndef f(x, v):\n    return C(x).p * x\n",
    "property_that_raises_attribute_error": "class C:\n    @property\n    def p(self):\n        raise AttributeError('hidden')\n"
    "def f(x, v):\n    return getattr(C(), 'p', 2.0) * x\n",
    "slots": "class C:\n    __slots__ = ('a',)\n    def __init__(self, x):\n        self.a = x\ndef f(x, v):\n    c = C(x)\n"
    "    c.b = 3\n    return c.a * x\n",
    "new_method": "class C:\n    def __new__(cls, x):\n        return x * 5\ndef f(x, v):\n    return C(x) * x\n",
    "init_subclass": "class A:\n    def __init_subclass__(cls, k=1, **kw):\n        cls.k = k\nclass B(A, k=3):\n    pass\n"
    "def f(x, v):\n    return B().k * x * x\n",
    "class_getitem": "class C:\n    def __class_getitem__(cls, k):\n        return k * 2.0\ndef f(x, v):\n    return C[x] * x\n",
    "call_hook_by_instance": "class C:\n    def __init__(self, x):\n        self.__call__ = lambda t: t * x\ndef f(x, v):\n    return C(x)(x)\n",
    "exec_at_the_top": "exec('def g(x):\\n    return x * x')\ndef f(x, v):\n    return g(x) * x\n",
    "star_import": "from math import *\ndef f(x, v):\n    return sin(x) * exp(x)\n",
    "walrus_everywhere": "def f(x, v):\n    if (a := x * 2) > 0 and (b := a * x) and [c := a + b, c * 2]:\n"
    "        z = (d := (e := a * b) + c) * e\n    while (k := z * 0.5) > 1e9:\n        z = k\n    return z * d + (lambda q=(w := 3.0): q * x)() * w\n",
    "walrus_in_comprehension": "def f(x, v):\n    s = [y := t * x for t in v if (u := t * t) > 0]\n    return y * u + sum(s)\n",
    "walrus_in_default": "def f(x, v, k=(z := 2.0)):\n    return x * k * z\n",
    "walrus_in_subscript": "def f(x, v):\n    w = v * x\n    w[(i := 1)] = x\n    return w[i] * w[(i := 0)] + i\n",
    "global_store": "COUNT = 0\ndef f(x, v):\n    global COUNT\n    COUNT = COUNT + 1\n    return x * COUNT\n",
    "global_del": "Z = 1\ndef f(x, v):\n    global Z\n    del Z\n    return x\n",
    "nonlocal_chain": "def f(x, v):\n    t = x\n    def a():\n        nonlocal t\n        t = t * x\n        def b():\n            nonlocal t\n"
    "            t = t + x\n        b()\n        b()\n    a()\n    return t * x\n",
    "complex_numbers": "def f(x, v):\n    z = complex(x, 2 * x)\n    return (z * z).real + abs(z)\n",
    "complex_array": "def f(x, v):\n    z = np.array(v, dtype=complex) * (1 + 2j) * x\n    return np.sum(np.abs(z) ** 2) + z[0].imag\n",
    "complex_conjugate_twice": "def f(x, v):\n    z = (x + 3j).conjugate()\n    return z.imag * z.real * z.conjugate().imag\n",
    "structured_dtype": "def f(x, v):\n    a = np.zeros(3, dtype=[('p', 'f8'), ('q', 'i4')])\n    a['p'] = v * x\n    return a['p'].sum() * x\n",
    "arrays_and_perhaps_numbers": (
        "def f(x, v):\n    m = 0.0\n    w = [v[:1], v[1:]]\n    for k in range(2):\n        new = []\n        for p in w:\n"
        "            m = m * 0.5 + p ** 2\n            new.append(p - x * m)\n        w = new\n"
        "    return sum(np.sum(p ** 2) for p in w)\n"
    ),
    "method_of_one_of_two_classes": "class A:\n    def __init__(self, v):\n        self.v = v\n    def push(self, w):\n        self.v = self.v * w\n"
    "class B(A):\n    def push(self, w):\n        self.v = self.v + w\ndef f(x, v):\n    cs = [A(x), B(x * x)]\n"
    "    for i in range(4):\n        cs[i % 2].push(x)\n    return cs[0].v * cs[1].v\n",
    "method_of_one_of_two_unrelated_classes": "class A:\n    def __init__(self, v):\n        self.v = v\n    def push(self, w):\n"
    "        self.v = self.v * w\nclass B:\n    def __init__(self, v):\n        self.v = v\n        self.u = 1\n    def push(self, w):\n"
    "        self.v = self.v + w\ndef f(x, v):\n    cs = []\n    for i in range(4):\n        cs.append(A(x) if i % 2 else B(x))\n"
    "    for c in cs:\n        c.push(x)\n    return sum(c.v for c in cs)\n",
    "counters_of_two_classes": "class A:\n    def __init__(self):\n        self.n = 0\n    def tick(self):\n        self.n += 1\n"
    "class B(A):\n    def tick(self):\n        self.n += 2\ndef f(x, v):\n    cs = [A(), B()]\n"
    "    for i in range(5):\n        cs[i % 2].tick()\n    return x * cs[0].n + cs[1].n\n",
    "property_of_one_of_two_classes": "class A:\n    def __init__(self, v):\n        self.v = v\n    @property\n    def p(self):\n"
    "        return self.v ** 2\nclass B(A):\n    @property\n    def p(self):\n        return self.v ** 3\n"
    "def f(x, v):\n    cs = []\n    for i in range(4):\n        cs.append(A(x * i) if i % 2 else B(x))\n"
    "    return sum(c.p for c in cs)\n",
    "items_of_one_of_two_classes": "class A:\n    def __init__(self, v):\n        self.v = v\n    def __getitem__(self, i):\n"
    "        return self.v ** 2 * i\nclass B(A):\n    def __getitem__(self, i):\n        return self.v ** 3 + i\n"
    "def f(x, v):\n    cs = [A(x), B(x * x)]\n    return sum(cs[i % 2][i] for i in range(4))\n",
    "list_changed_by_a_map": "def f(x, v):\n    xs = [x, x * x, 2.0, 3.0]\n    return sum(map(lambda q: q * xs.pop(), xs))\n",
    "list_changed_in_a_chain": "def f(x, v):\n    xs = [x, x * x]\n    t = 0.0\n    for k, q in enumerate(reversed(xs)):\n"
    "        xs.append(q * x)\n        t += q * k\n    return t + len(xs)\n",
    "sum_of_objects": "def f(x, v):\n    a = np.empty(2, dtype=object)\n    a[0] = x\n    a[1] = x * x\n    return a.sum() * x\n",
    "largest_object": "def f(x, v):\n    a = np.zeros(3, 'O')\n    a[:] = v * x\n    return float(np.max(a) * x)\n",
    "object_array": "def f(x, v):\n    a = np.empty(2, dtype=object)\n    a[0] = x\n    a[1] = v\n    return a[0] * a[1].sum()\n",
    "memory_view_store": "def f(x, v):\n    w = v.copy()\n    m = memoryview(w)\n    m[0] = x\n    return w[0] * x\n",
    "thread_in_closure": "import threading\ndef f(x, v):\n    out = []\n    t = threading.Thread(target=lambda: out.append(x))\n    t.start()\n"
    "    t.join()\n    return out[0] * x\n",
    "thread_pool": "from concurrent.futures import ThreadPoolExecutor\ndef f(x, v):\n    with ThreadPoolExecutor(1) as pool:\n"
    "        return sum(pool.map(lambda t: t * x, v))\n",
    "ctypes_array": "import ctypes\ndef f(x, v):\n    a = (ctypes.c_double * 2)(x, 2.0)\n    return a[0] * x\n",
    "ctypes_function": "import ctypes, ctypes.util\nLIB = ctypes.CDLL(ctypes.util.find_library('m'))\nLIB.cos.restype = ctypes.c_double\n"
    "LIB.cos.argtypes = [ctypes.c_double]\ndef f(x, v):\n    return LIB.cos(x) * x\n",
    "del_of_an_argument": "def f(x, v):\n    y = x * x\n    del x\n    return y * x\n",
    "del_and_set_again": "def f(x, v):\n    y = x\n    del x\n    x = y * 2\n    del v\n    return x * y\n",
    "del_in_a_branch": "def f(x, v):\n    y = x * x\n    if y > 100:\n        del y\n    return y * x\n",
    "endless_recursion": "def g(x, n):\n    return x * g(x, n + 1)\ndef f(x, v):\n    return g(x, 0)\n",
    "endless_growing_types": "def g(t):\n    return g((t, t))\ndef f(x, v):\n    return g(x)\n",
    "endless_closures": "def g(h, n):\n    return g(lambda t: h(t) * 2, n + 1)\ndef f(x, v):\n    return g(lambda t: t * x, 0)\n",
    "endless_objects": "class N:\n    def __init__(self, x):\n        self.x = x\n        self.next = N(x * 2)\ndef f(x, v):\n    return N(x).x\n",
    "mutual_recursion_of_types": "def a(x, n):\n    return b((x, n), n - 1) if n > 0 else x\ndef b(t, n):\n"
    "    return a(np.array([t[0], t[0]]), n - 1)[0] if n > 0 else t[0]\ndef f(x, v):\n    return a(x, 3) * x\n",
    "recursion_over_lists": "def total(t):\n    return sum(total(u) for u in t) if isinstance(t, list) else t * t\n"
    "def f(x, v):\n    return total([x, [2 * x, [3 * x, []]]])\n",
    "deep_expression": "def f(x, v):\n    return " + "(" * 80 + "x" + " + 1.0)" * 80 + " * x\n",
    "very_deep_expression": "def f(x, v):\n    return " + "+".join(["x"] * 600) + "\n",
    "deep_nesting": "def f(x, v):\n    y = x\n"
    + "".join("    " * (k + 1) + f"if y > -{k + 1}:\n" for k in range(15))
    + "    " * 16 + "y = y * x\n    return y\n",
    "deep_calls": "\n".join(["def g0(x):\n    return x * x"] + [f"def g{k}(x):\n    return g{k - 1}(x) + 1.0" for k in range(1, 120)])
    + "\ndef f(x, v):\n    return g119(x) * x\n",
    "deep_lambdas": "def f(x, v):\n    g = " + "".join(f"(lambda a{k}=x: " for k in range(20)) + "x * x" + ")()" * 20 + "\n    return g * x\n",
    "deep_attribute_chain": "class N:\n    pass\ndef f(x, v):\n    n = N()\n    n.me = n\n    n.x = x\n    return n" + ".me" * 60 + ".x * x\n",
    "huge_integers": "BIG = 10 ** 5000\ndef f(x, v):\n    k = 10 ** 300\n    return x * (BIG % 7) + x * k / 10 ** 300\n",
    "huge_integer_literal": "def f(x, v):\n    return x * (" + "9" * 4000 + " % 11)\n",
    "integer_too_large_for_a_float": "BIG = 10 ** 400\ndef f(x, v):\n    return x * BIG\n",
    "shift_by_much": "def f(x, v):\n    return x * ((1 << 2000) >> 1999)\n",
    "self_referential_list": "def f(x, v):\n    a = [x]\n    a.append(a)\n    return a[1][1][0] * x\n",
    "self_referential_dict": "def f(x, v):\n    d = {'x': x}\n    d['d'] = d\n    return d['d']['d']['x'] * x\n",
    "self_referential_global": "LOOP = [1.0]\nLOOP.append(LOOP)\ndef f(x, v):\n    return LOOP[1][0] * x\n",
    "cyclic_objects": "class N:\n    def __init__(self, x):\n        self.x, self.other = x, None\ndef f(x, v):\n    a, b = N(x), N(2 * x)\n"
    "    a.other, b.other = b, a\n    a.other.other.x = a.x * x\n    return a.x * b.x + b.other.other.x\n",
    "cyclic_object_argument": "class N:\n    pass\nROOT = N()\nROOT.me = ROOT\nROOT.k = 2.0\ndef f(x, v):\n    return ROOT.me.me.k * x * x\n",
    "wrapped_c_function": "import functools, math\n@functools.wraps(math.sin)\ndef g(x):\n    return math.sin(x) * 2\ndef f(x, v):\n    return g(x)\n",
    "wrapped_c_function_cached": "import functools, math\nG = functools.lru_cache(math.gamma)\ndef f(x, v):\n    return G(x) * x\n",
    "partial_of_c": "import functools\nG = functools.partial(pow, 2.0)\ndef f(x, v):\n    return G(x) * x\n",
    "bound_c_method": "G = [3.0, 1.0, 2.0].index\ndef f(x, v):\n    return G(2.0) * x\n",
    "lambda_in_a_default": "def f(x, v, g=lambda t, h=lambda u: u * u: h(t) * t):\n    return g(x) * x\n",
    "mutable_default": "def g(x, seen=[]):\n    seen.append(1.0)\n    return x * len(seen)\ndef f(x, v):\n    return g(x) * 0 + x * x\n",
    "mutable_default_active": "def g(x, seen=[]):\n    seen.append(x)\n    return seen[-1] * x\ndef f(x, v):\n    return g(x)\n",
    "array_subclass": "class A(np.ndarray):\n    def __mul__(self, other):\n        return np.asarray(self) * 100\ndef f(x, v):\n"
    "    return (v.view(A) * x).sum()\n",
    "array_subclass_global": "class A(np.ndarray):\n    def __mul__(self, other):\n        return np.ndarray.__mul__(self, other) * 100\n"
    "W = np.ones(3).view(A)\ndef f(x, v):\n    return float(np.sum(W * x))\n",
    "masked_array_global": "M = np.ma.masked_array([1.0, 2.0, 3.0], mask=[True, False, False])\ndef f(x, v):\n    return float((M * x).sum())\n",
    "matrix_global": "M = np.matrix([[1.0, 2.0], [3.0, 4.0]])\ndef f(x, v):\n    return float((M * M)[0, 0] * x)\n",
    "matrix_product": "def f(x, v):\n    m = np.asmatrix(np.eye(2) * x)\n    return float((m * m)[0, 0])\n",
    "array_function_protocol": "class A:\n    def __init__(self, x):\n        self.x = x\n    def __array__(self, dtype=None, copy=None):\n"
    "        return np.array([self.x, 2.0])\ndef f(x, v):\n    return np.sum(A(x))\n",
    "array_ufunc_protocol": "class A:\n    def __init__(self, x):\n        self.x = x\n    def __array_ufunc__(self, *a, **k):\n"
    "        return 7.0\ndef f(x, v):\n    return np.sin(A(x)) * x\n",
    "array_priority": "class A:\n    __array_priority__ = 1000\n    def __init__(self, x):\n        self.x = x\n    def __rmul__(self, other):\n"
    "        return 9.0 * self.x\ndef f(x, v):\n    return v * A(x)\ndef _g():\n    pass\n".replace("return v * A(x)", "return np.sum(v * A(x))"),
    "datetimes": "def f(x, v):\n    d = np.array(['2020-01-01', '2020-01-03'], dtype='M8[D]')\n    k = (d[1] - d[0]) / np.timedelta64(1, 'D')\n"
    "    return x * k * x\n",
    "datetime_of_active": "import datetime\ndef f(x, v):\n    return datetime.timedelta(seconds=x).total_seconds() * x\n",
    "decimal_context": "import decimal\ndef f(x, v):\n    with decimal.localcontext() as c:\n        c.prec = 5\n        return float(decimal.Decimal(x)) * x\n",
    "exception_value": "class E(Exception):\n    def __init__(self, x):\n        self.x = x\ndef f(x, v):\n    try:\n        raise E(x * x)\n"
    "    except E as e:\n        return e.x * x\n",
    "exception_group": "def f(x, v):\n    try:\n        raise ExceptionGroup('a', [ValueError(1)])\n    except* ValueError:\n        x = x * 2\n    return x\n",
    "exception_chain": "def f(x, v):\n    try:\n        try:\n            raise KeyError('k')\n        except KeyError as e:\n"
    "            raise ValueError('v') from e\n    except ValueError as e:\n        return x * (2.0 if e.__cause__ else 3.0)\n",
    "finally_overrides": "def f(x, v):\n    try:\n        return x\n    finally:\n        return x * x\n",
    "traceback_frames": "import sys\ndef f(x, v):\n    return sys._getframe(0).f_locals['x'] * x\n",
    "locals_write": "def f(x, v):\n    locals()['x'] = 3.0\n    return x\n",
    "inspect_itself": "import inspect\ndef f(x, v):\n    return len(inspect.getsource(f)) * x\n",
    "name_of_itself": "def f(x, v):\n    return len(f.__name__) * x * f.__code__.co_argcount\n",
    "function_attribute": "def f(x, v):\n    f.calls = getattr(f, 'calls', 0) + 1\n    return x * x\n",
    "function_attribute_of_active": "def g(x):\n    g.last = x\n    return x\ndef f(x, v):\n    g(x)\n    return g.last * x\n",
    "monkey_patched": "import math\ndef f(x, v):\n    math.pi2 = x\n    return math.pi2 * x\n",
    "shadowed_builtins": "def f(x, v):\n    sum = len = lambda t: x * 3\n    float = abs\n    return sum(v) * len(v) * float(x)\n",
    "type_of_active": "def f(x, v):\n    return type(x)(x * 2) * x\n",
    "dispatch_by_type": "import functools\n@functools.singledispatch\ndef g(x):\n    return x * 2\n@g.register\ndef _(x: float):\n    return x * 5\n"
    "def f(x, v):\n    return g(x) * x\n",
    "abstract_classes": "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def g(self, x): ...\nclass B(A):\n    def g(self, x):\n"
    "        return x * x\ndef f(x, v):\n    return B().g(x)\n",
    "abstract_class_made": "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def g(self, x): ...\ndef f(x, v):\n    return A().g(x)\n",
    "multiple_inheritance": "class A:\n    def g(self, x):\n        return x\nclass B(A):\n    def g(self, x):\n        return super().g(x) * 2\n"
    "class C(A):\n    def g(self, x):\n        return super().g(x) + x * x\nclass D(B, C):\n    pass\ndef f(x, v):\n    return D().g(x)\n",
    "dict_subclass": "class D(dict):\n    def __missing__(self, key):\n        return 4.0\ndef f(x, v):\n    d = D(a=x)\n    return d['a'] * d['b']\n",
    "list_subclass": "class L(list):\n    def __getitem__(self, k):\n        return 2.0 * list.__getitem__(self, k)\ndef f(x, v):\n    return L([x])[0] * x\n",
    "float_subclass": "class F(float):\n    def __mul__(self, other):\n        return 11.0\ndef f(x, v):\n    return F(x) * x\n",
    "float_subclass_global": "class F(float):\n    def __mul__(self, other):\n        return 11.0 * float(self)\nK = F(2.0)\ndef f(x, v):\n    return K * x\n",
    "int_subclass_global": "class I(int):\n    def __mul__(self, other):\n        return 13.0\nK = I(2)\ndef f(x, v):\n    return K * x\n",
    "string_arithmetic": "def f(x, v):\n    return ('%d' % x) * 2 + x\n",
    "enum_members": "import enum\nclass E(enum.Enum):\n    A = 2.0\n    B = 3.0\ndef f(x, v):\n    return E.A.value * x + (x if E.B is E['B'] else 0)\n",
    "int_flag": "import enum\nclass E(enum.IntFlag):\n    A = 1\n    B = 2\ndef f(x, v):\n    return (E.A | E.B) * x\n",
    "weak_references": "import weakref\nclass C:\n    pass\ndef f(x, v):\n    c = C()\n    c.x = x\n    return weakref.ref(c)().x * x\n",
    "context_variable": "import contextvars\nV = contextvars.ContextVar('V')\ndef f(x, v):\n    V.set(x)\n    return V.get() * x\n",
    "generator_manager": "import contextlib\n@contextlib.contextmanager\ndef scaled(x):\n    yield x * 2\ndef f(x, v):\n    with scaled(x) as y:\n"
    "        return y * x\n",
    "swallowing_manager": "class C:\n    def __enter__(self):\n        return 3.0\n    def __exit__(self, *a):\n        return True\n"
    "def f(x, v):\n    y = x\n    with C() as k:\n        y = y * k\n        raise ValueError\n    return y * x\n",
    "match_on_class": "import dataclasses\n@dataclasses.dataclass\nclass P:\n    a: float\n    b: float\ndef f(x, v):\n    match P(x, 2.0):\n"
    "        case P(a, b=2.0):\n            return a * x\n        case _:\n            return 0.0\n",
    "match_rest": "def f(x, v):\n    match {'a': x, 'b': 2.0}:\n        case {'a': a, **rest}:\n            return a * rest['b'] * x\n",
    "iterator_protocol": "class It:\n    def __init__(self, x):\n        self.x, self.k = x, 0\n    def __iter__(self):\n        return self\n"
    "    def __next__(self):\n        self.k += 1\n        if self.k > 3:\n            raise StopIteration\n        return self.x * self.k\n"
    "def f(x, v):\n    return sum(t * x for t in It(x))\n",
    "getitem_protocol": "class S:\n    def __init__(self, x):\n        self.x = x\n    def __getitem__(self, k):\n        if k > 2:\n"
    "            raise IndexError\n        return self.x * k\ndef f(x, v):\n    return sum([t for t in S(x)])\n",
    "iter_with_sentinel": "def f(x, v):\n    q = [x, x * 2, 0.0]\n    return sum(iter(q.pop, x))\n",
    "in_place_by_dunder": "class A:\n    def __init__(self, x):\n        self.x = x\n    def __iadd__(self, o):\n        self.x = self.x * o\n"
    "        return self\ndef f(x, v):\n    a = A(x)\n    b = a\n    a += x\n    return b.x\n",
    "comparison_by_dunder": "class A:\n    def __init__(self, x):\n        self.x = x\n    def __lt__(self, o):\n        return self.x < o.x\n"
    "def f(x, v):\n    return min(A(x), A(2 * x)).x * x\n",
    "bool_that_raises": "def f(x, v):\n    if v:\n        return x\n    return 2 * x\n",
    "chained_array_comparison": "def f(x, v):\n    return x if 0 < v < 1 else 2 * x\n",
    "unhashable_key": "def f(x, v):\n    return {v: x}[v]\n",
    "division_by_zero": "def f(x, v):\n    return x / (x - x)\n",
    "index_out_of_range": "def f(x, v):\n    return v[7] * x\n",
    "key_that_is_missing": "def f(x, v):\n    return {'a': x}['b']\n",
    "attribute_that_is_missing": "class C:\n    pass\ndef f(x, v):\n    return C().nothing * x\n",
    "call_with_missing_argument": "def g(a, b):\n    return a\ndef f(x, v):\n    return g(x)\n",
    "unpack_too_many": "def f(x, v):\n    a, b = v\n    return a * b * x\n",
    "unpack_too_few": "def f(x, v):\n    a, b, c, d = v\n    return a * b * x\n",
    "user_exception": "class Mine(Exception):\n    pass\ndef f(x, v):\n    raise Mine('a', 3)\n",
    "system_exit": "def f(x, v):\n    raise SystemExit(3)\n",
    "assertion": "def f(x, v):\n    assert x > 100, f'{x} is small'\n    return x\n",
    "shape_mismatch": "def f(x, v):\n    return np.sum(v * np.ones(5) * x)\n",
    "linear_algebra_error": "def f(x, v):\n    return np.linalg.inv(np.zeros((2, 2)) * x)[0, 0]\n",
    "numpy_function_by_string": "def f(x, v):\n    return getattr(np, 'si' + 'n')(x) * x\n",
    "operator_by_string": "import operator\ndef f(x, v):\n    return getattr(operator, 'mul')(x, x) * getattr(v, 'sum')()\n",
    "eval_by_numexpr_style": "def f(x, v):\n    return eval('x * 2', {'x': x})\n",
    "string_template_number": "def f(x, v):\n    return float('%.17g' % x) * x\n",
    "round_trip_by_tolist": "def f(x, v):\n    return sum((v * x).tolist()) * x\n",
    "round_trip_by_item": "def f(x, v):\n    return (v * x)[0].item() * x\n",
    "sort_by_key": "def f(x, v):\n    return sorted([x, 3 * x, 2 * x], key=lambda t: -t)[0] * x\n",
    "heap": "import heapq\ndef f(x, v):\n    h = [x, 2.0]\n    heapq.heapify(h)\n    return h[0] * x\n",
    "bisect_insert": "import bisect\ndef f(x, v):\n    q = [0.0, 1.0]\n    bisect.insort(q, x)\n    return q[1] * x\n",
    "shared_memory_arguments": "def g(a, b):\n    a[0] = b[1] * 2\n    return a[0]\ndef f(x, v):\n    w = v * x\n    return g(w, w[:2]) + w[0]\n",
    "overlapping_store": "def f(x, v):\n    w = v * x\n    w[1:] += w[:-1]\n    w[:-1] = w[1:]\n    return np.sum(w * w)\n",
    "read_only_view": "def f(x, v):\n    w = np.broadcast_to(x, (3,))\n    w[0] = 2.0\n    return w[0]\n",
    "big_endian": "def f(x, v):\n    return np.sum((v * x).astype('>f8'))\n",
    "half_precision": "def f(x, v):\n    return float(np.float64(np.float16(x))) * 0 + x\n",
    "integer_cast": "def f(x, v):\n    return int(x * 10.3) * x\n",
    "bit_operations_on_a_float": "def f(x, v):\n    return (x & 1) * x\n",
    "matmul_of_numbers": "def f(x, v):\n    return x @ x\n",
    "unicode_names": "def f(x, v):\n    ﬁ = x * 2\n    été = fi * x\n    return été\n",
    "very_long_name": "def f(x, v):\n    " + "a" * 2000 + " = x * 2\n    return " + "a" * 2000 + " * x\n",
    "semicolons_and_tabs": "def f(x, v): y = x * 2; z = y * x; return z\n",
    "line_continuations": "def f(x,\\\n      v):\n    return x \\\n        * x\n",
    "lambda_at_the_top": "f = lambda x, v: x * x\n",
    "two_lambdas_on_a_line": "g, f = lambda x, v: x, lambda x, v: x * x * x\n",
    "conditional_definition": "if True:\n    def f(x, v):\n        return x * x\nelse:\n    def f(x, v):\n        return x\n",
    "redefined": "def f(x, v):\n    return x\ndef f(x, v):\n    return x * x * x\n",
    "decorated_twice": "import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(*a, **k):\n        return 2 * g(*a, **k)\n    return h\n"
    "@twice\n@twice\ndef f(x, v):\n    return x * x\n",
    "class_decorator": "class Deco:\n    def __init__(self, g):\n        self.g = g\n    def __call__(self, *a):\n        return self.g(*a) * 3\n"
    "@Deco\ndef g(x):\n    return x * x\ndef f(x, v):\n    return g(x)\n",
    "type_parameters": "import typing\nT = typing.TypeVar('T')\ndef f(x: T, v: 'no such type') -> T:\n    y: no_such_annotation = x\n    return y * x\n",
}  # fmt: skip

LONG = "def f(x, v):\n    y = x\n" + "".join(f"    y = y * 1.0001 + x * {k % 7}.0\n" for k in range(5000)) + "    return y\n"
