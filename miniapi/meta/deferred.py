"""Values of modules that are imported when somebody first looks: a start pays for no kind that nobody writes."""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Deferred:
    """Stands for the value; what is looked at is kept, so that it costs an import once and nothing later."""

    def __init__(self, module: str, name: str) -> None:
        self._place = (module, name)

    def __getattr__(self, attribute: str) -> Any:
        module, name = self._place
        found = getattr(getattr(import_module(module), name), attribute)
        setattr(self, attribute, found)
        return found


def deferred(_of: type[T], module: str, name: str) -> T:
    """What `name` is in `module`, a T. A wrong place shows when it is first used."""
    return cast(T, _Deferred(module, name))
