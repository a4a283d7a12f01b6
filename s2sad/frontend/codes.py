"""The codes of what the frontend refuses: title, explanation, a bad example and one that works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of ``s2sad explain``. ``bad`` and ``fixed`` are runnable texts that define a function ``f``."""

    code: str
    title: str
    explanation: str
    help: str
    bad: str
    fixed: str


CODES: dict[str, Code] = {}


def _add(code: str, title: str, explanation: str, help: str, bad: str, fixed: str) -> None:
    CODES[code] = Code(code, title, explanation, help, bad, fixed)


_add(
    "S2S001",
    "generator",
    "A function with yield is suspended and resumed by its caller; its reverse sweep would have to be, too.",
    "collect the values in a list and return it",
    "def f(x):\n    yield x\n    yield x * x\n",
    "def f(x):\n    out = []\n    out.append(x)\n    out.append(x * x)\n    return out\n",
)
_add(
    "S2S002",
    "asynchronous code",
    "The order of effects of async code depends on the event loop, so there is no order to reverse.",
    "do the computation in a plain function and await outside of it",
    "async def f(x):\n    return x * x\n",
    "def f(x):\n    return x * x\n",
)
_add(
    "S2S003",
    "captured variable without a value",
    "A nested function reads a variable of the function around it, which is assigned only after the nested function "
    "has been used for the last time: Python would raise NameError.",
    "assign the variable before the nested function is used",
    "def f(x):\n    def step():\n        return total * x\n    y = step()\n    total = 2.0\n"
    "    return y + total\n",
    "def f(x):\n    total = 2.0\n    def step():\n        return total * x\n    y = step()\n    return y + total\n",
)
_add(
    "S2S004",
    "assignment to a global",
    "A differentiated function may read globals, afresh at each call, but not rebind them: the reverse sweep could not "
    "see which value a caller read.",
    "return the new value and let the caller assign it",
    "count = 0.0\n\ndef f(x):\n    global count\n    count = count + x\n    return x\n",
    "count = 0.0\n\ndef f(x):\n    new = count + x\n    return x, new\n",
)
_add(
    "S2S005",
    "class inside a function",
    "A class that is made anew at every call has no identity that a derivative could be compiled for.",
    "define the class at module level",
    "def f(x):\n    class Point:\n        pass\n    p = Point()\n    p.x = x\n    return p.x\n",
    "class Point:\n    pass\n\ndef f(x):\n    p = Point()\n    p.x = x\n    return p.x\n",
)
_add(
    "S2S006",
    "code as text, or the names of a frame",
    "eval, exec, compile, locals, globals and vars() reach variables by text, which a compiler cannot follow.",
    "write the expression itself, or use a dict",
    "def f(x):\n    return eval('x * x')\n",
    "def f(x):\n    return x * x\n",
)
_add(
    "S2S007",
    "unknown name",
    "The name is not a local variable that has been assigned, nor a global, nor a builtin.",
    "define the name before the function is differentiated",
    "def f(x):\n    return x * undefined_factor\n",
    "undefined_factor = 2.0\n\ndef f(x):\n    return x * undefined_factor\n",
)
_add(
    "S2S008",
    "variable read before assignment",
    "On the way to this line nothing assigns the variable: Python would raise UnboundLocalError.",
    "assign the variable first",
    "def f(x):\n    y = z * x\n    z = 2.0\n    return y\n",
    "def f(x):\n    z = 2.0\n    y = z * x\n    return y\n",
)
_add(
    "S2S009",
    "variable half assigned in try",
    "The variable has no value before the try statement, is assigned in its body before something that can still "
    "raise, and is read in a handler or after it: whether it has a value there, only the run knows.",
    "give it a value before the try statement",
    "def f(x):\n    try:\n        y = x * x\n        z = 1.0 / x\n    except ZeroDivisionError:\n        z = y\n"
    "    return y + z\n",
    "def f(x):\n    y = x * x\n    try:\n        z = 1.0 / x\n    except ZeroDivisionError:\n        z = y\n"
    "    return y + z\n",
)
_add(
    "S2S010",
    "context manager",
    "What this context manager does on the way in and out is written in C or in a generator, and not known. Known are "
    "classes written in Python, np.errstate, np.printoptions, warnings.catch_warnings, contextlib.suppress and "
    "contextlib.nullcontext.",
    "call the function inside the with statement, outside of the differentiated function",
    "import threading\n\ndef f(x):\n    with threading.Lock():\n        y = x * x\n    return y\n",
    "import numpy as np\n\ndef f(x):\n    with np.errstate(all='ignore'):\n        y = x * x\n    return y\n",
)
_add(
    "S2S011",
    "generator expression that is not consumed at once",
    "A generator expression is turned into a list, which is the same only where its elements are all used at once.",
    "use a list comprehension",
    "def f(x):\n    g = (x * k for k in range(3))\n    return next(g)\n",
    "def f(x):\n    g = [x * k for k in range(3)]\n    return g[0]\n",
)
_add(
    "S2S012",
    "pattern",
    "This pattern of a match statement has no simple test: the rest of a mapping, or names bound inside alternatives.",
    "use isinstance and indexing in an if statement",
    "def f(x, d):\n    match d:\n        case {'a': a, **rest}:\n            return a * x\n    return x\n",
    "def f(x, d):\n    match d:\n        case {'a': a}:\n            return a * x\n    return x\n",
)
_add(
    "S2S013",
    "statement",
    "There is no lowering for this statement or expression.",
    "write it with simpler statements",
    "def f(x):\n    try:\n        return 1 / x\n    except* ZeroDivisionError:\n        x = 1.0\n    return x\n",
    "def f(x):\n    try:\n        return 1 / x\n    except ZeroDivisionError:\n        x = 1.0\n    return x\n",
)
_add(
    "S2S014",
    "import of all names",
    "from module import * is not allowed inside a function, and what it would bind is not known.",
    "import the names that are used",
    "def f(x):\n    import no_such_module_of_mine\n    return no_such_module_of_mine.g(x)\n",
    "def f(x):\n    import math\n    return math.sin(x)\n",
)
_add(
    "S2S015",
    "super without arguments",
    "super() finds its class through a hidden cell of the compiled method.",
    "name the class: super(Base, self), or Base.method(self, ...)",
    "class A:\n    def g(self, x):\n        return x\n\n"
    "class B(A):\n    def g(self, x):\n        return super().g(x) * x\n\n"
    "f = B.g\n",
    "class A:\n    def g(self, x):\n        return x\n\n"
    "class B(A):\n    def g(self, x):\n        return A.g(self, x) * x\n\n"
    "f = B.g\n",
)
_add(
    "S2S016",
    "several mappings in one call",
    "A call with more than one **mapping is not supported, since a name in both is an error only at run time.",
    "merge the mappings first: f(**{**a, **b})",
    "def g(a, b):\n    return a * b\n\ndef f(x):\n    return g(**{'a': x}, **{'b': x})\n",
    "def g(a, b):\n    return a * b\n\ndef f(x):\n    return g(**{**{'a': x}, **{'b': x}})\n",
)
_add(
    "S2S017",
    "input, files, the debugger",
    "input(), open(), breakpoint() and sys.exit() reach outside of the program, once in every sweep.",
    "read the data outside of the differentiated function and pass it as an argument",
    "def f(x):\n    return x * float(input())\n",
    "def f(x, factor=2.0):\n    return x * factor\n",
)
