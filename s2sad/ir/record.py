"""``dataclass`` as the compiler's own classes use it, made twenty times as fast to define.

The standard one compiles six functions and a signature for each class: for the hundred classes of the compiler that is
half of its import time, which every process pays that compiles anything. This one compiles nothing: it takes functions
from ``record_forms`` and exchanges the names in them, and what it makes is faster to construct. Of the options it knows
``frozen`` (with ``slots``), ``slots``, ``eq`` and ``repr``, of those of fields ``default``, ``default_factory``, ``repr``
and ``compare``. To a type checker it is the standard one.

A slot of a base that is no field is one where others keep what they find out about a frozen object: it starts as None, and
no copy has what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from dataclasses import FrozenInstanceError
    from types import FunctionType

    from s2sad.ir import record_forms

    _MISSING = object()

    class _Field:
        __slots__ = ("compare", "default", "factory", "has_default", "repr")

        def __init__(self, default, factory, repr, compare):
            self.default, self.factory, self.repr, self.compare = default, factory, repr, compare
            self.has_default = default is not _MISSING or factory is not _MISSING

    def field(*, default=_MISSING, default_factory=_MISSING, repr=True, compare=True):
        """What ``dataclasses.field`` says of a field."""
        return _Field(default, default_factory, repr, compare)

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, repr=True):
        """The decorator, with or without options."""
        if cls is None:
            return lambda c: _made(c, frozen, slots, eq, repr)
        return _made(cls, frozen, slots, eq, repr)

    def replace(obj, /, **changes):
        """A copy with other values of some fields."""
        values = {name: getattr(obj, name) for name in obj.__record_fields__}
        values.update(changes)
        return obj.__class__(**values)

    def _made(cls, frozen, slots, eq, repr):
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields.update(base.__dict__.get("__record_fields__", {}))
        own = _own_fields(cls)
        fields.update(own)
        for name, f in own.items():
            if name in cls.__dict__:
                if slots or f.default is _MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, f.default)
        if slots:
            cls = _slotted(cls, tuple(own))
        explicit_hash = cls.__dict__.get("__hash__") is not None
        inherited = (n for base in cls.__mro__[1:] for n in base.__dict__.get("__slots__", ()))
        kept = tuple(n for n in inherited if n not in fields) if frozen else ()
        cls.__record_fields__, cls.__record_kept__ = fields, kept
        cls.__match_args__ = tuple(fields)
        if fields:
            cls.__init__ = _init(cls, fields, kept, frozen)
        if eq:
            if "__eq__" not in cls.__dict__:
                cls.__eq__ = _compared("eq", fields)
            if not explicit_hash:
                cls.__hash__ = _compared("hash", fields) if frozen else None
        if repr and "__repr__" not in cls.__dict__:
            cls.__repr__ = _repr
        if frozen:
            cls.__setattr__, cls.__delattr__ = _frozen, _frozen_del
            if slots:
                cls.__getstate__, cls.__setstate__ = _state, _restore
        return cls

    def _own_fields(cls):
        out = {}
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
                continue
            value = cls.__dict__.get(name, _MISSING)
            out[name] = value if isinstance(value, _Field) else _Field(value, _MISSING, True, True)
        return out

    def _slotted(cls, names):
        inherited = {n for base in cls.__mro__[1:] for n in base.__dict__.get("__slots__", ())}
        space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
        space["__slots__"] = tuple(n for n in names if n not in inherited)
        made = type(cls)(cls.__name__, cls.__bases__, space)
        made.__qualname__ = cls.__qualname__
        return made

    def _init(cls, fields, kept, frozen):
        """``__init__``: that of the form with as many fields and slots to keep things in, with their names."""
        names = (*fields, *kept)
        if frozen:
            setters = {f"set{k}": getattr(cls, name).__set__ for k, name in enumerate(names, 1)}
            code = getattr(record_forms, f"frozen{len(names)}").__code__
            code = code.replace(co_varnames=("self", *names))
        else:
            setters = {}
            code = getattr(record_forms, f"init{len(names)}").__code__
            code = code.replace(co_varnames=("self", *names), co_names=names)
        defaults = [_MISSING if f.factory is not _MISSING else f.default for f in fields.values()]
        required = next((k for k, f in enumerate(fields.values()) if f.has_default), len(defaults))
        made = FunctionType(code, setters, "__init__", (*defaults[required:], *[None] * len(kept)))
        factories = tuple((n, f.factory) for n, f in fields.items() if f.factory is not _MISSING)
        return _with_factories(made, factories) if factories else made

    def _with_factories(plain, factories):
        set_ = object.__setattr__

        def __init__(self, *args, **values):
            plain(self, *args, **values)
            for name, new in factories:
                if getattr(self, name) is _MISSING:
                    set_(self, name, new())

        return __init__

    def _compared(form, fields):
        """``__eq__`` or ``__hash__`` over the fields that count."""
        names = [n for n, f in fields.items() if f.compare]
        code = getattr(record_forms, f"{form}{len(names)}").__code__
        own = {f"f{k}": name for k, name in enumerate(names, 1)}
        return FunctionType(code.replace(co_names=tuple(own.get(n, n) for n in code.co_names)), {}, f"__{form}__")

    def _repr(self):
        parts = [f"{n}={getattr(self, n)!r}" for n, f in self.__record_fields__.items() if f.repr]
        return f"{self.__class__.__qualname__}({', '.join(parts)})"

    def _frozen(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _frozen_del(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, n) for n in self.__record_fields__]

    def _restore(self, state):
        for name, value in zip(self.__record_fields__, state, strict=True):
            object.__setattr__(self, name, value)
        for name in self.__record_kept__:
            object.__setattr__(self, name, None)


__all__ = ["Any", "dataclass", "field", "replace"]
