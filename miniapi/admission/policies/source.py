"""Policies with their bindings, as informers tell of them; each version is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from miniapi.meta.objects import Object

if TYPE_CHECKING:
    from miniapi.admission.policies.policy import Binding, Policy

Compiled = TypeVar("Compiled", "Policy", "Binding")


class Objects(Protocol):
    """An informer."""

    changes: int

    def list(self) -> Sequence[Object]: ...


class Policies:
    """Those that have a binding, by name; the original asks them in no order."""

    def __init__(self, policies: Objects, bindings: Objects) -> None:
        self._policies, self._bindings = policies, bindings
        self._changes = (-1, -1)
        self._hooks: list[tuple[Policy, list[Binding]]] = []
        self._compiled_policies: dict[tuple[str, str], Policy] = {}
        self._compiled_bindings: dict[tuple[str, str], Binding] = {}

    def hooks(self) -> Sequence[tuple[Policy, Sequence[Binding]]]:
        """(policy, its bindings)."""
        changes = (self._policies.changes, self._bindings.changes)
        if changes != self._changes:
            self._changes = changes
            if not self._policies.list():
                self._hooks = []
                return self._hooks
            from miniapi.admission.policies.policy import compile_binding, compile_policy

            self._compiled_policies = _compiled(self._policies, self._compiled_policies, compile_policy)
            self._compiled_bindings = _compiled(self._bindings, self._compiled_bindings, compile_binding)
            of_policy: dict[str, list[Binding]] = {}
            for binding in sorted(self._compiled_bindings.values(), key=lambda b: b.name):
                of_policy.setdefault(binding.policy, []).append(binding)
            ordered = sorted(self._compiled_policies.values(), key=lambda p: p.name)
            self._hooks = [(p, of_policy[p.name]) for p in ordered if p.name in of_policy]
        return self._hooks


def _compiled(
    objects: Objects, known: dict[tuple[str, str], Compiled], compile_one: Callable[[Object], Compiled]
) -> dict[tuple[str, str], Compiled]:
    """By name and resource version; what is known is kept."""
    found = {}
    for obj in objects.list():
        key = (obj["metadata"]["name"], obj["metadata"]["resourceVersion"])
        found[key] = known[key] if key in known else compile_one(obj)
    return found
