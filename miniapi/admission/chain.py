"""Runs the plugins in their order: first all that change, later all that judge."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.admission.interface import Attributes, Mutator, Validator

Place = tuple[str, str, str, bool, str]
"""(operation, group, plural, namespaced, subresource): what `handles` may depend on."""


class AdmissionChain:
    """The enabled plugins; which of them handle a place is asked once."""

    def __init__(self, mutators: Sequence[Mutator] = (), validators: Sequence[Validator] = ()) -> None:
        self._mutators = tuple(mutators)
        self._validators = tuple(validators)
        self._mutating: dict[Place, tuple[Mutator, ...]] = {}
        self._validating: dict[Place, tuple[Validator, ...]] = {}

    async def mutate(self, attributes: Attributes) -> None:
        """Lets each mutator change the object in place; all of them once more where one asks for it."""
        place = _place(attributes)
        plugins = self._mutating.get(place)
        if plugins is None:
            a = attributes
            plugins = tuple(p for p in self._mutators if p.handles(a.operation, a.kind, a.subresource))
            self._mutating[place] = plugins
        for plugin in plugins:
            await plugin.admit(attributes)
        again = attributes.reinvocation
        if again.requested:
            again.second_round = True
            for plugin in plugins:
                await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """Lets each validator look; the first refusal ends it."""
        place = _place(attributes)
        plugins = self._validating.get(place)
        if plugins is None:
            a = attributes
            plugins = tuple(p for p in self._validators if p.handles(a.operation, a.kind, a.subresource))
            self._validating[place] = plugins
        for plugin in plugins:
            await plugin.validate(attributes)


def _place(attributes: Attributes) -> Place:
    kind = attributes.kind
    return (attributes.operation, kind.gvk.group, kind.plural, kind.namespaced, attributes.subresource)
