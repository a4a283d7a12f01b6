"""What all callables made by s2sad have in common: the look of the user's function, pickling, readable source."""

from __future__ import annotations

import functools
import inspect
import sys
import types as pytypes
from collections.abc import Callable
from typing import Any, TypeVar

from s2sad.api.target import make_target

F = TypeVar("F", bound=Callable[..., Any])
# The functions that look through wrappers in order to print source: inspect (hence pdb and `??`), IPython.
_READERS = {("inspect", "getsourcelines"), ("IPython.core.oinspect", "_get_wrapped")}
# The compiler looks through decorators for what a call runs, which for a derivative is not the primal.
_COMPILER = ("s2sad.frontend.source", "unwrap")


def transformation(fun: F) -> F:
    """Mark a function that makes derivatives: in a function that is differentiated the compiler knows what it means."""
    vars(fun)["__transformation__"] = fun.__name__
    return fun


class Wrapper:
    """A callable made from ``fun`` by a transformation with options.

    It has the name (with ``suffix``), the docstring, the signature and the module of the function; ``primal`` and
    ``__wrapped__`` are the function itself. As a method decorator it binds as a function does.
    """

    __s2sad__ = True
    suffix = ""

    def __init__(self, fun: Callable[..., Any], **options: Any) -> None:
        self.primal = fun
        self.options = options
        self.target = make_target(fun)
        name = self.target.name
        self.__name__ = f"{name}{self.suffix}"
        self.__qualname__ = f"{getattr(fun, '__qualname__', name)}{self.suffix}"
        self.__module__ = getattr(fun, "__module__", None) or "s2sad"
        self.__doc__ = getattr(fun, "__doc__", None)
        self.__signature__: inspect.Signature | None
        try:
            self.__signature__ = inspect.signature(fun)
        except (TypeError, ValueError):  # what is written in C may have none
            self.__signature__ = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    @property
    def source(self) -> str:
        """The generated source: of the last specialisation that ran; before any call, that for the annotated types."""
        raise NotImplementedError

    def shown_function(self) -> Callable[..., Any] | None:
        """The generated function that ``inspect.getsource`` is to show."""
        return None

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The user's function; but the generated one for those who look through wrappers to print source.

        ``inspect.getsource(f)`` prints ``inspect.unwrap(f)``, which would be the user's own text. It takes functions
        only, by their code object, and a derivative has another one for each specialisation: so who asks decides.
        """
        frame = sys._getframe(1)
        for _ in range(4):
            asks = (frame.f_globals.get("__name__"), frame.f_code.co_name)
            if asks == _COMPILER:
                raise AttributeError("__wrapped__")
            if asks in _READERS:
                return self.shown_function() or self.primal
            if frame.f_back is None:
                break
            frame = frame.f_back
        return self.primal

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else pytypes.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<s2sad.{type(self).__name__} of {self.target.name}{self.__signature__ or '(...)'}>"

    def _repr_html_(self) -> str:
        import html

        return f"<pre><b>{html.escape(repr(self))}</b>\n\n{html.escape(self.source)}</pre>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """A decorated function is found under its name; anything else is made again from its function."""
        found = _find(self.primal)
        if found is self:
            return str(self.primal.__qualname__)
        if isinstance(found, Wrapper) and found.primal is self.primal:
            return _remake, (type(self), found, True, self.options)
        return _remake, (type(self), self.primal, False, self.options)


def _find(fun: Callable[..., Any]) -> Any:
    """What the module of a function holds under the function's name."""
    module = sys.modules.get(getattr(fun, "__module__", None) or "")
    try:
        return functools.reduce(getattr, fun.__qualname__.split("."), module)
    except AttributeError:
        return None


def _remake(cls: type[Wrapper], fun: Any, decorated: bool, options: dict[str, Any]) -> Wrapper:
    return cls(fun.primal if decorated else fun, **options)


def decorator(cls: type[Wrapper], fun: Callable[..., Any] | None, **options: Any) -> Any:
    """``cls(fun, **options)``, or what makes it where the options are given first: ``@grad(argnums=1)``."""
    if fun is None:
        return lambda f: cls(f, **options)
    return cls(fun, **options)
