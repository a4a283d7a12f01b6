"""What a generated program has in scope: variables with their shapes, local functions, helpers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

Shape = tuple[int, ...]

# Names that a compiler may use itself stand among the plain ones.
NAMES = tuple(
    (  # noqa: SIM905
        "a b c x y z t u w s p q r h tape rt x_bar y_bar value seed residuals tmp out g np_ math_ x_dot t1 t2 acc buf "
        "old new state left right mid lo hi k1 f_adj grad pullback max_ _v result res y_adj total mean \u03b1 \u03b2"
    ).split()
)


@dataclass(frozen=True)
class Var:
    """A variable: ``kind`` is num (a float or an array, by shape), int, list (of floats), dict (of floats) or fn."""

    name: str
    kind: str
    shape: Shape = ()
    params: tuple[Shape, ...] = ()
    writable: bool = True
    size: int = 0  # of a list: elements that are surely there
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Helper:
    """A function of the module: shapes of its parameters, of its result (None: returns None), trailing int or not."""

    name: str
    params: tuple[Shape, ...]
    ret: Shape | None
    depth: bool = False
    mutates: bool = False


@dataclass
class Scope:
    """Variables by name, in the order of definition. A child sees its parent's and drops its own at the end."""

    rng: Random
    vars: dict[str, Var] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    loop: str = ""  # "", "for" or "while": what break and continue would leave
    ret: Shape | None = ()
    taken: set[str] = field(default_factory=set)
    depth: int = 0
    captured: frozenset[str] = frozenset()

    def child(self, *, loop: str | None = None, lock: tuple[str, ...] = ()) -> Scope:
        return Scope(
            self.rng,
            dict(self.vars),
            self.locked | set(lock),
            self.loop if loop is None else loop,
            self.ret,
            self.taken,
            self.depth + 1,
            self.captured,
        )

    def fresh(self) -> str:
        """A name that nothing in the function has had."""
        free = [n for n in NAMES if n not in self.taken]
        name = self.rng.choice(free) if free else f"v{len(self.taken)}"
        self.taken.add(name)
        return name

    def add(self, var: Var) -> Var:
        self.vars[var.name] = var
        self.taken.add(var.name)
        return var

    def change(self, var: Var, **what: object) -> None:
        self.vars[var.name] = replace(var, **what)  # type: ignore[arg-type]

    def nums(self, shape: Shape) -> list[Var]:
        return [v for v in self.vars.values() if v.kind == "num" and v.shape == shape]

    def arrays(self) -> list[Var]:
        return [v for v in self.vars.values() if v.kind == "num" and v.shape]

    def of(self, kind: str) -> list[Var]:
        return [v for v in self.vars.values() if v.kind == kind]
