"""The codes of what is refused: title, explanation, a bad example and one that works.

Up to S2S019 the frontend refuses, whatever the arguments are; S2S020 is for what has no rule; from S2S051 on inference
refuses what it cannot resolve for the types of a call; from S2S060 on, what cannot be reversed; S2S080 is what the Numba
backend does not compile.
"""

from __future__ import annotations

from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of ``s2sad explain``. ``bad`` and ``fixed`` are runnable texts that define a function ``f``."""

    code: str
    title: str
    explanation: str
    help: str
    bad: str
    fixed: str
    backend: str = "numpy"


CODES: dict[str, Code] = {}


def _add(
    code: str, title: str, explanation: str, help: str, bad: str, fixed: str, backend: str = "numpy"
) -> None:
    CODES[code] = Code(code, title, explanation, help, bad, fixed, backend)


_add(
    "S2S001",
    "generator",
    "A function with yield is suspended and resumed by its caller; its reverse sweep would have to be, too. Where a loop, a "
    "comprehension, a with statement or a builtin (sum, max, list, enumerate, zip, next...) calls it by its name, its "
    "statements are written into that; a generator that is differentiated itself, kept, passed on, or calls itself is not.",
    "loop over it in the function that calls it, or collect the values in a list and return it",
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
    "def f(x):\n    def step():\n        return total * x\n    y = step()\n    total = 2.0\n    return y + total\n",
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
    "What this context manager does on the way in and out is written in C, and not known. Known are classes "
    "written in Python, functions under contextlib.contextmanager, np.errstate, np.printoptions, "
    "warnings.catch_warnings, contextlib.suppress and contextlib.nullcontext.",
    "call the function inside the with statement, outside of the differentiated function",
    "import threading\n\ndef f(x):\n    with threading.Lock():\n        y = x * x\n    return y\n",
    "import numpy as np\n\ndef f(x):\n    with np.errstate(all='ignore'):\n        y = x * x\n    return y\n",
)
_add(
    "S2S011",
    "generator expression that is not consumed at once",
    "A generator expression with conditions or several loops is turned into a list, which is the same only where its "
    "elements are all used at once. So is one that reads a name which is bound at several places: what an element is "
    "depends on when it is made. Nor may a loop store into what such elements, or those of an iterator that we read before "
    "Python does, are made of.",
    "use a list comprehension",
    "def f(x):\n    g = (x * k for k in range(3) if k)\n    return next(g)\n",
    "def f(x):\n    g = [x * k for k in range(3) if k]\n    return g[0]\n",
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
    "super without arguments in a nested function",
    "super() finds its class through a hidden cell of the compiled method, and its object in the first parameter.",
    "name the class: super(Base, self), or Base.method(self, ...)",
    "class A:\n    def g(self, x):\n        return x\n\n"
    "class B(A):\n    def g(self, x):\n        def inner(me):\n            return super().g(x) * x\n"
    "        return inner(self)\n\n"
    "f = B.g\n",
    "class A:\n    def g(self, x):\n        return x\n\n"
    "class B(A):\n    def g(self, x):\n        return A.g(self, x) * x\n\n"
    "f = B.g\n",
)
_add(
    "S2S017",
    "input, files, the debugger",
    "input(), open(), breakpoint() and sys.exit() reach outside of the program, once in every sweep.",
    "read the data outside of the differentiated function and pass it as an argument",
    "def f(x):\n    return x * float(input())\n",
    "def f(x, factor=2.0):\n    return x * factor\n",
)
_add(
    "S2S020",
    "no derivative rule",
    "An active value goes into something that is not written in Python (so that it cannot be compiled) and "
    "that has no rule: a function in C, a method, an attribute. Its derivative is not known.",
    "use an operation that has a rule; where no derivative is wanted, pass the value through stop_gradient",
    "def f(v):\n    w = (v * v).byteswap()\n    return w[0]\n",
    "def f(v):\n    w = v * v\n    return w[0]\n",
)
_add(
    "S2S051",
    "starred element of unknown length",
    "A set display is compiled to as many elements as it has. How many an array gives, only the run knows. (In a list or "
    "tuple display any length is allowed.)",
    "build a list",
    "def f(v):\n    w = {1.0, *v}\n    return v[0] * len(w)\n",
    "def f(v):\n    w = [1.0, *v]\n    return v[0] * len(w)\n",
)
_add(
    "S2S052",
    "starred argument of unknown length or unknown names",
    "Which parameter gets which argument is decided when the call is compiled. A function or method written in Python may "
    "be given as many as there turn out to be; where another is called, f(*args) needs a tuple or list whose length is known "
    "and f(**options) a dict whose keys are known.",
    "pass the arguments one by one",
    "import math\n\ndef f(v):\n    return math.hypot(*v)\n",
    "import math\n\ndef f(v):\n    return math.hypot(v[0], v[1])\n",
)
_add(
    "S2S053",
    "wrong arguments",
    "The call does not fit the function's parameters: Python would raise TypeError.",
    "pass the arguments that the function takes",
    "def g(a, b):\n    return a * b\n\ndef f(x):\n    return g(x)\n",
    "def g(a, b=2.0):\n    return a * b\n\ndef f(x):\n    return g(x)\n",
)
_add(
    "S2S054",
    "option without a derivative rule",
    "The function has a rule, but not with this option.",
    "leave the option out, or write what it does as operations of its own",
    "import numpy as np\n\ndef f(v):\n    return np.prod(np.pad(v * v, 1, mode='mean'))\n",
    "import numpy as np\n\ndef f(v):\n    return np.prod(np.pad(v * v, 1, constant_values=np.mean(v * v)))\n",
)
_add(
    "S2S055",
    "function that becomes a value",
    "A function made inside the program is compiled into the places that call it. It cannot leave the "
    "program, be compared, or go into a call that is not compiled.",
    "call the function, and return or store its result",
    "def f(x):\n    return lambda t: t * x\n",
    "def f(x):\n    g = lambda t: t * x\n    return g(3.0)\n",
)
_add(
    "S2S056",
    "iterator that is kept",
    "An iterator (map, zip, enumerate, a generator expression) is compiled into the loop that uses it up. "
    "Used a second time it would be empty, and where it is passed on, who takes how much from it is not "
    "known.",
    "make it a list: list(...)",
    "def f(x):\n    w = map(lambda t: t * x, [1.0, 2.0])\n    return sum(w) + sum(w)\n",
    "def f(x):\n    w = list(map(lambda t: t * x, [1.0, 2.0]))\n    return sum(w) + sum(w)\n",
)
_add(
    "S2S057",
    "iterator without end or of unknown length",
    "itertools.cycle and the like give elements for ever, combinations and repeat= as many as a number says "
    "that is not known when the call is compiled.",
    "write a while loop, or give the number as a literal",
    "import itertools\n\ndef f(x):\n    y = x\n    for t in itertools.cycle([x, 2.0]):\n        y = y * t\n"
    "        if y > 20.0:\n            break\n    return y\n",
    "def f(x):\n    y = x\n    k = 0\n    while y <= 20.0:\n        y = y * (x if k % 2 == 0 else 2.0)\n"
    "        k = k + 1\n    return y\n",
)
_add(
    "S2S058",
    "derivative inside a differentiated function",
    "grad, jvp and the other transformations may be used inside of a function that is differentiated. What they are "
    "given must be known when the call is compiled: which function, which argnums, as many tangents as primals; and a "
    "gradient needs a function that returns one float. A function that takes its own derivative would need derivatives "
    "of ever higher order.",
    "pass a function that returns one number, and write the options as literals",
    "import numpy as np\nfrom s2sad import grad\n\ndef f(x):\n    return np.sum(grad(lambda t: (t, x))(x))\n",
    "from s2sad import grad\n\ndef f(x):\n    return grad(lambda t: t ** 2 * x)(x)\n",
)
_add(
    "S2S060",
    "store into one of several arrays",
    "An array that is stored into comes out of a branch, a loop, a container or a call, and which memory it "
    "is can be followed neither when the function is compiled nor when it runs. Nearly always it can be (see "
    "rt.Shadow), and there is no finding.",
    "store into one array under one name, or copy it first",
    "import numpy as np\n\ndef f(x, flag=True):\n    w = np.zeros(3)\n    u = w if flag else np.ones(3)\n"
    "    u[0] = x\n    return w[0] * x\n",
    "import numpy as np\n\ndef f(x, flag=True):\n    w = np.zeros(3) if flag else np.ones(3)\n    w[0] = x\n"
    "    return w[0] * x\n",
)
_add(
    "S2S061",
    "store into an attribute",
    "Objects that the function makes are followed attribute by attribute, and so are the arguments. Objects "
    "of others (a global, what a call returns), frozen ones, and stores that an exception may skip are not.",
    "return the value instead, or make a new object",
    "class Body:\n    pass\n\nBODY = Body()\n\ndef f(x):\n    BODY.mass = x\n    return BODY.mass * x\n",
    "class Body:\n    pass\n\ndef f(x):\n    body = Body()\n    body.mass = x\n    return body.mass * x\n",
)
_add(
    "S2S063",
    "active value stored where nothing carries a derivative",
    "Arrays of floats, lists, dicts and objects that belong to the function carry a derivative; arrays of "
    "integers, data of the module and values of unknown type do not: what is read there later would have lost"
    " it.",
    "store into an array, list or dict that the function makes or is given",
    "import numpy as np\n\nSCRATCH = np.zeros(3)\n\ndef f(x):\n    SCRATCH[0] = x\n    return SCRATCH[0] * x\n",
    "import numpy as np\n\ndef f(x):\n    scratch = np.zeros(3)\n    scratch[0] = x\n    return scratch[0] * x\n",
)
_add(
    "S2S064",
    "in-place operation that cannot be reversed",
    "np.add.at and np.subtract.at take any index. Other calls ufunc.at(w, i, v) are compiled where i is a list of "
    "positions of known shape: they apply the operation once for each time that a place is named. Some operators have "
    "no derivative in place.",
    "write a loop, or an augmented assignment where no place is named twice",
    "import numpy as np\n\ndef f(v):\n    w = v * v\n    np.multiply.at(w, v > 0.0, 3.0)\n    return np.sum(w)\n",
    "import numpy as np\n\ndef f(v):\n    w = v * v\n    w[v > 0.0] *= 3.0\n    return np.sum(w)\n",
)
_add(
    "S2S065",
    "list repeated in place",
    "w *= n makes a list longer in place, by elements that share what they hold.",
    "make a new list: w = w * n",
    "def f(x):\n    w = [x]\n    w *= 3\n    return sum(w) * x\n",
    "def f(x):\n    w = [x]\n    w = w * 3\n    return sum(w) * x\n",
)
_add(
    "S2S066",
    "method of a container",
    "The method changes a list or dict that holds active values in a way that has no rule.",
    "use item stores, append, pop, del, or write the loop out",
    "def f(x):\n    w = {'a': x}\n    w.__setitem__('b', x * x)\n    return w['b']\n",
    "def f(x):\n    w = {'a': x}\n    w['b'] = x * x\n    return w['b']\n",
)
_add(
    "S2S067",
    "recursive store inside try",
    "Stores in the body of a try statement are followed one by one, so that those that were done before an exception "
    "are known. A recursive function stays a call: which of its stores were done when it raised is not known.",
    "call the recursive function before or after the try statement",
    "import numpy as np\n\ndef fill(w, k):\n    if k < 3:\n        w[k] = w[k] * 2.0\n        fill(w, k + 1)\n"
    "\ndef f(v):\n    w = v * 1.0\n    try:\n        fill(w, 0)\n    except IndexError:\n        pass\n"
    "    return np.sum(w * w)\n",
    "import numpy as np\n\ndef f(v):\n    w = v * 1.0\n    try:\n        for k in range(3):\n            w[k] = w[k] * 2.0\n"
    "    except IndexError:\n        pass\n    return np.sum(w * w)\n",
)
_add(
    "S2S068",
    "tuple or object of lists or arrays shared with a recursive function",
    "The adjoints of lists, dicts and arrays that a recursive function stores into are found by their identity. A tuple or "
    "object that holds them has none, where its parts are not passed one by one.",
    "pass the lists, dicts and arrays that it holds one by one",
    "def go(s, k, x):\n    for c in s:\n        c[0] = c[0] * x\n    if k > 0:\n        go(s, k - 1, x)\n"
    "\ndef f(x):\n    a, b = [x], [2.0]\n    go((a, b), 3, x)\n    return a[0] + b[0]\n",
    "def go(a, b, k, x):\n    a[0] = a[0] * x\n    b[0] = b[0] * x\n    if k > 0:\n        go(a, b, k - 1, x)\n"
    "\ndef f(x):\n    a, b = [x], [2.0]\n    go(a, b, 3, x)\n    return a[0] + b[0]\n",
)
_add(
    "S2S069",
    "calls or expressions that are nested too deep",
    "A recursive function is compiled for the types of its arguments. Where each call passes on a larger type (a tuple of "
    "tuples, a function that calls the last one), there is no end to it. Calls and expressions that are nested hundreds "
    "deep are more than the compiler's own recursion bears.",
    "write a loop, or pass arguments of the same types on to the recursive call",
    "def g(h, n):\n    return h(1.0) if n == 0 else g(lambda t: h(t) * 2.0, n - 1)\n\n"
    "def f(x, n=3):\n    return g(lambda t: t * x, n)\n",
    "def f(x, n=3):\n    y = x\n    for _ in range(n):\n        y = y * 2.0\n    return y\n",
)
_add(
    "S2S070",
    "value read out of an exception",
    "What an exception of a class written in Python was made with is followed to its handler, where its __init__ does "
    "nothing but store it. Not followed are attributes that are set later or computed (properties, methods), what "
    "exceptions of Python's own classes hold, and exceptions that come out of a recursive function.",
    "store the value in __init__ of a class of your own, or assign it before raising, and read it there",
    "def f(x):\n    try:\n        raise ValueError(x * x)\n    except ValueError as e:\n        return e.args[0] * x\n",
    "def f(x):\n    y = x * x\n    try:\n        raise ValueError('too large')\n    except ValueError:\n"
    "        return y * x\n",
)
_add(
    "S2S071",
    "object that cannot be followed",
    "Objects are taken apart into their attributes when the call is compiled. That needs a class written in "
    "Python, names of attributes that are literals, and one class on all ways to a place.",
    "return the numbers that are needed, and use the object in the branch where its class is known",
    "class Node:\n    def __init__(self, value):\n        self.value = value\n\ndef f(x, n=3):\n"
    "    node = Node(x) if n > 2 else x\n    return node.value * x\n",
    "class Node:\n    def __init__(self, value):\n        self.value = value\n\ndef f(x, n=3):\n"
    "    node = Node(x) if n > 2 else Node(1.0)\n    return node.value * x\n",
)
_add(
    "S2S072",
    "number made of text, of a set or of an object",
    "Text, sets, keys of dictionaries and arrays of objects carry no derivatives: a number that is taken out of them "
    "again would have the derivative zero, which is wrong where an active value went in.",
    "keep the number itself beside its text, or use a list instead of a set",
    "def f(x):\n    text = f'{x:.17g}'\n    return float(text) * x\n",
    "def f(x):\n    text = f'{x:.17g}'\n    print(text)\n    return x * x\n",
)
_add(
    "S2S080",
    "construct that the Numba backend does not compile",
    "backend='numba' compiles numbers and arrays of float64, int64 and bool, containers of them whose structure is known, "
    "lists of numbers that grow, loops and branches, with the values and exceptions of the plain function. Dicts whose keys "
    "change, lists of other things that grow, text and output have no machine code of their own.",
    "keep numbers in an array or a list, or use backend='numpy', which takes the program as it is",
    "def f(x):\n    parts = {}\n    for k in range(3):\n        parts[k] = k * x\n    return parts[1] * parts[2]\n",
    "def f(x):\n    parts = []\n    for k in range(3):\n        parts.append(k * x)\n    return parts[1] * parts[2]\n",
    "numba",
)
