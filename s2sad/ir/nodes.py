"""The core IR: immutable, structured SSA.

Grammar (every stage from *lower* to *emit* produces and consumes it)::

    Function ::= Function(name, params, body)          one entry, one exit; the body has one result
    Block    ::= Block(stmts, results)                 statements in order, then the values it yields
    Stmt     ::= Let | If | For | While | Try
    Let      ::= target? = op(args, kw=args)           the only place where anything is computed
    Atom     ::= Var | Const | Ref | Undef

Rules of the form
-----------------
* **ANF**: every operand is an ``Atom``; nesting exists only in the printed text.
* **SSA**: a ``Var`` object is defined exactly once (``Var`` compares by identity). What Python code
  reassigns becomes several ``Var`` of the same ``name``; emission merges them again.
* **Structured**: a region (branch, loop body) reads any variable of the enclosing regions and gives values
  back only through ``Block.results``, which bind the ``targets`` of the statement that owns it.
* **Order is meaning**: effects (stores, prints, raises, calls) happen in statement order. Memory is not in
  SSA: arrays, lists, dicts and objects are references, changed by effect ops (``setitem``, ``append``...).

The operations of ``Let.op``
----------------------------
========================  =====================================================================================
op                        args
========================  =====================================================================================
``add sub mul truediv``   two atoms. Likewise ``floordiv mod pow matmul lshift rshift and_ or_ xor``
``iadd isub ...``         augmented assignment ``x op= v`` of a *name*: args ``(x, v)``, target is the new x.
                          In place for arrays and lists, a plain operation for numbers (inference decides).
                          The name is "i" + the op: ``iadd``, ``iand_``.
``neg pos invert not``    one atom
``lt le gt ge eq ne``     two atoms. Likewise ``is_ is_not in_ not_in``
``getitem``               ``(x, index)``; ``setitem`` ``(x, index, value)``; ``delitem`` ``(x, index)``
``aug_setitem``           ``x[i] op= v``: args ``(x, index, value, Const("add"))``
``getattr``               ``(x, Const(name))``; ``setattr`` ``(x, Const(name), value)``
``aug_setattr``           ``x.a op= v``: args ``(x, Const(name), value, Const("add"))``
``slice``                 ``(start, stop, step)``, ``Const(None)`` where absent
``tuple list set``        the elements.  ``dict``: alternating keys and values
``format``                f-string: the pieces; a piece is ``Const(str)`` or the value of a ``format_value``
``format_value``          ``(x, Const(conversion char or None), spec atom or Const(None))``
``call``                  ``(callee, *positional)``, then one atom for each name in ``kwnames``
                          The name ``"**"`` marks a mapping (``f(**d)``).
``method``                ``(object, Const(name), *positional)``, then one atom for each name in ``kwnames``
``star``                  ``(x,)``: marks a starred argument or element: ``f(*x)``, ``[*x]``
``closure``               ``(Ref(Function), *captured)``: a nested function or lambda and what it captures
``copy``                  ``(x,)``: the same reference under another name (kept only where it helps reading)
``unpack``                ``(x, Const(n))``: checks that x has n elements and gives a tuple of them
``unpack_star``           ``(x, Const(before), Const(after))``: tuple of before + [list] + after elements
``raise_``                ``(exception or Const(None), cause?)``; ends its block. ``assert_`` ``(test, message)``
``with_enter``            ``(manager,)``: ``manager.__enter__()``. ``with_exit``: ``(manager,)`` on the way out, or
                          ``(manager, exception)`` in a handler; only for managers that never swallow (np.errstate)
``comment``               ``(Const(text),)``: a line of comment in the emitted text; no effect, no target
``iter_list``             ``(iterable,)``: list(iterable), made by lowering where an iterator must be fixed
``refused``               what stands for something refused, with what went into it: a value of no type, so that all
                          else is still found, and nothing is found twice. Never emitted.
========================  =====================================================================================

A comment-only or dead statement does not exist. ``target`` is None where the value is not used.
"""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from s2sad.ir.record import dataclass, field, replace

if TYPE_CHECKING:
    from s2sad.ir.types import Type


@dataclass(frozen=True, slots=True)
class Loc:
    """A place in the user's file: 1-based lines, 0-based columns as in ``ast``.

    ``via`` is the call in the user's file through which a library's statement has come into the function."""

    file: str = "<unknown>"
    line: int = 0
    col: int = 0
    end_line: int = 0
    end_col: int = 0
    via: Loc | None = None


NOWHERE = Loc()


@dataclass(frozen=True, slots=True, eq=False)
class Var:
    """One SSA value. ``name`` is the user's name, or "" for a compiler temporary. Identity is equality."""

    name: str = ""
    type: Type | None = None

    def __repr__(self) -> str:
        return f"%{self.name or 'tmp'}@{id(self) & 0xFFFF:x}"


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A literal: number, str, bytes, bool, None, Ellipsis."""

    value: Any

    def __repr__(self) -> str:
        return f"Const({self.value!r})"


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """An object known at compile time that is not a literal: a function, module, class, or nested Function.

    ``text`` is how the emitted module spells it (``np.sin``, ``math.sqrt``, ``helper``).
    """

    obj: Any
    text: str

    def __repr__(self) -> str:
        return f"Ref({self.text})"


@dataclass(frozen=True, slots=True, eq=False)
class Global:
    """A global or closure *data* value of the user's module, read afresh at each call (never baked in).

    ``obj`` is its value at compile time (only its type is used); ``module`` is the namespace dict it lives in.
    """

    name: str
    obj: Any
    namespace: Any = None

    def __repr__(self) -> str:
        return f"Global({self.name})"


@dataclass(frozen=True, slots=True)
class _Undef:
    """The value of a name on a path that does not assign it."""

    def __repr__(self) -> str:
        return "Undef"


UNDEF = _Undef()

Atom = Var | Const | Ref | Global | _Undef


class Affecting:
    """Where a statement keeps what ``s2sad.analysis.effects``, ``sharing`` and ``raises`` have found out about it: every
    pass asks, and statements are immutable. None until it is found out."""

    __slots__ = ("_effect", "_level", "_raises", "_ties")

    if TYPE_CHECKING:
        _effect: Any
        _level: int | None
        _raises: bool | None
        _ties: Any


@dataclass(frozen=True, slots=True, eq=False)
class Let(Affecting):
    target: Var | None
    op: str
    args: tuple[Atom, ...]
    kwnames: tuple[str, ...] = ()
    loc: Loc = NOWHERE

    @property
    def kwargs(self) -> dict[str, Atom]:
        n = len(self.kwnames)
        return dict(zip(self.kwnames, self.args[len(self.args) - n :], strict=True)) if n else {}

    @property
    def posargs(self) -> tuple[Atom, ...]:
        return self.args[: len(self.args) - len(self.kwnames)]


class Known:
    """Where a block keeps what ``walk``, ``by_op``, ``free_vars`` and functions of ``s2sad.analysis`` have found out about
    it: nearly every pass and every analysis asks for that, and blocks are immutable. None until it is found out."""

    __slots__ = ("_by_op", "_free", "_last_uses", "_lets", "_reads", "_tapes", "_uses", "_walked")

    if TYPE_CHECKING:
        _by_op: dict[str, list[Let]] | None
        _free: tuple[Var, ...] | None
        _last_uses: dict[Var, int] | None
        _lets: dict[Var, Let] | None
        _reads: list[Var] | None
        _tapes: Any
        _uses: dict[Var, int] | None
        _walked: tuple[Stmt, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Block(Known):
    stmts: tuple[Stmt, ...] = ()
    results: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """``targets[k]`` is ``then.results[k]`` or ``orelse.results[k]``."""

    test: Atom
    then: Block
    orelse: Block
    targets: tuple[Var, ...] = ()
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """``for item in iter``. Inside the body ``carried[k]`` is the value at the start of the iteration: ``init[k]``
    in the first one, ``body.results[k]`` of the one before later. ``targets[k]`` is the value after the loop.
    With ``stop``, the body yields one more result: when it is true the loop ends after this iteration."""

    item: Var
    iter: Atom
    carried: tuple[Var, ...]
    init: tuple[Atom, ...]
    body: Block
    targets: tuple[Var, ...]
    stop: bool = False
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """``while cond: body``. ``cond`` is a block with one result that sees ``carried``; the body sees ``carried`` but
    nothing that ``cond`` defines. ``stop`` as in ``For``: one more result of the body ends the loop when true."""

    carried: tuple[Var, ...]
    init: tuple[Atom, ...]
    cond: Block
    body: Block
    targets: tuple[Var, ...]
    stop: bool = False
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """``except types as name``; ``types`` is None for a bare except."""

    types: Atom | None
    name: Var | None
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    """``targets`` are the results of the body (then ``orelse``) or of the handler that ran. A handler sees only
    what was defined before the ``try``."""

    body: Block
    handlers: tuple[Handler, ...]
    targets: tuple[Var, ...]
    final: Block = Block()
    loc: Loc = NOWHERE


Stmt = Let | If | For | While | Try


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """``kind`` is one of ``pos`` (positional-only), ``any``, ``star``, ``kw`` (keyword-only), ``starstar``."""

    var: Var
    kind: str = "any"
    default: Atom | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function. ``captured`` are the variables of enclosing functions that the body reads (closures): they are
    bound by the extra args of the ``closure`` op. ``body.results`` has one atom: the returned value."""

    name: str
    params: tuple[Param, ...]
    body: Block
    captured: tuple[Var, ...] = ()
    doc: str | None = None
    loc: Loc = NOWHERE
    lines: tuple[str, ...] = field(default=(), repr=False)  # the lines of the user's file, for messages and comments
    adjoint: bool = False  # the reverse half of a pair: nothing in it is the user's own
    tangents: int = 0  # so many of the last parameters are tangents

    @property
    def result(self) -> Atom:
        return self.body.results[0]

    def line_at(self, loc: Loc) -> str:
        """The user's line at ``loc``, which is in another file where a helper's body was inlined."""
        if loc.file != self.loc.file:
            return linecache.getline(loc.file, loc.line)
        return self.lines[loc.line - 1] if 0 < loc.line <= len(self.lines) else ""


class Callee:
    """Base of what the ``Ref`` to a function of the emitted module points at: the function is found by the Ref's text.

    Each has an attribute or property ``fn``: the function, None until it is made."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def fn(self) -> Function | None: ...


def blocks_of(stmt: Stmt) -> tuple[Block, ...]:
    """The regions of a statement in the order of execution."""
    if stmt.__class__ is Let:  # nearly all are: a call of isinstance is half of the time
        return ()
    if stmt.__class__ is If:
        return (stmt.then, stmt.orelse)
    if isinstance(stmt, For):
        return (stmt.body,)
    if isinstance(stmt, While):
        return (stmt.cond, stmt.body)
    return (stmt.body, *(h.body for h in stmt.handlers), stmt.final)  # type: ignore[union-attr]


def targets_of(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement defines for those after it."""
    if stmt.__class__ is Let:
        return () if stmt.target is None else (stmt.target,)
    return stmt.targets  # type: ignore[union-attr]


def atoms_of(stmt: Stmt) -> tuple[Atom, ...]:
    """The atoms that the statement itself reads (not those inside its regions)."""
    if stmt.__class__ is Let:
        return stmt.args
    if stmt.__class__ is If:
        return (stmt.test,)
    if isinstance(stmt, For):
        return (stmt.iter, *stmt.init)
    if isinstance(stmt, While):
        return stmt.init
    return tuple(h.types for h in stmt.handlers if h.types is not None)  # type: ignore[union-attr]


def inner_vars(stmt: Stmt) -> tuple[Var, ...]:
    """Variables that a statement binds inside its regions (loop items, carried values, exception names)."""
    if stmt.__class__ is Let:
        return ()
    if stmt.__class__ is For:
        return (stmt.item, *stmt.carried)
    if stmt.__class__ is While:
        return stmt.carried
    if stmt.__class__ is Try:
        return tuple(h.name for h in stmt.handlers if h.name is not None)
    return ()


def walk(block: Block) -> tuple[Stmt, ...]:
    """All statements of a block and of its regions, in program order, an owner before what it owns."""
    if block._walked is not None:
        return block._walked
    found = block.stmts
    regions = [k for k, stmt in enumerate(found) if stmt.__class__ is not Let]
    if regions:
        out: list[Stmt] = []
        last = 0
        for k in regions:
            out += found[last : k + 1]
            for inner in blocks_of(found[k]):
                out += walk(inner)
            last = k + 1
        found = (*out, *found[last:])
    _keep_walked(block, found)
    return found


_keep_walked = Known.__dict__["_walked"].__set__


def by_op(block: Block) -> Mapping[str, Sequence[Let]]:
    """The ``Let`` of a block and of its regions by operation, each in program order: a pass that is about few operations
    looks here before it walks."""
    if block._by_op is not None:
        return block._by_op
    found: dict[str, list[Let]] = {}
    for s in block.stmts:
        if s.__class__ is Let:
            if s.op in found:
                found[s.op].append(s)
            else:
                found[s.op] = [s]
        else:
            for b in blocks_of(s):
                for op, lets in by_op(b).items():
                    if op in found:
                        found[op] += lets
                    else:
                        found[op] = [*lets]
    _keep_by_op(block, found)
    return found


_keep_by_op = Known.__dict__["_by_op"].__set__


def free_vars(block: Block) -> tuple[Var, ...]:
    """Variables that a block reads and does not define, in order of first use."""
    if block._free is not None:
        return block._free
    bound: set[Var | None] = set()
    read: list[Atom] = []
    for s in block.stmts:
        if s.__class__ is Let:
            read += s.args
            bound.add(s.target)
        else:
            read += free_in(s)
            bound.update(targets_of(s))
    read += block.results
    found = tuple([a for a in dict.fromkeys(read) if a.__class__ is Var and a not in bound])
    _keep_free(block, found)
    return found


def free_in(stmt: Stmt) -> tuple[Var, ...]:
    """Every variable from outside that a statement reads, itself or in its regions, in order of first use."""
    read: list[Atom] = [*atoms_of(stmt)]
    inner = inner_vars(stmt)
    for b in blocks_of(stmt):
        read += free_vars(b)
    if stmt.__class__ is While or stmt.__class__ is Try:  # a loop's body reads what its condition defines
        inner = (*inner, *[v for b in blocks_of(stmt) for s in b.stmts for v in targets_of(s)])
    return tuple([a for a in dict.fromkeys(read) if a.__class__ is Var and a not in inner])


_keep_free = Known.__dict__["_free"].__set__


def calls(stmt: Any, *functions: object) -> bool:
    """Is this a call of one of these objects?"""
    if stmt.__class__ is not Let or stmt.op != "call" or stmt.args[0].__class__ is not Ref:
        return False
    obj = stmt.args[0].obj
    return any(obj is f for f in functions)


__all__ = [
    "NOWHERE", "UNDEF", "Affecting", "Atom", "Block", "Callee", "Const", "For", "Function", "Global", "Handler", "If", "Known",
    "Let", "Loc", "Param", "Ref", "Stmt", "Try", "Var", "While", "atoms_of", "blocks_of", "by_op", "calls", "free_in",
    "free_vars", "inner_vars", "replace", "targets_of", "walk",
]
