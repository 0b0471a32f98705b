"""Runs the plugins in their order: first all that change, later all that judge."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.admission.interface import Attributes, Mutator, Validator


class AdmissionChain:
    """The enabled plugins; which of them handle a kind and operation is asked once."""

    def __init__(self, mutators: Sequence[Mutator] = (), validators: Sequence[Validator] = ()) -> None:
        self._mutators = tuple(mutators)
        self._validators = tuple(validators)
        self._mutating: dict[tuple[str, str, str, str], tuple[Mutator, ...]] = {}
        self._validating: dict[tuple[str, str, str, str], tuple[Validator, ...]] = {}

    async def mutate(self, attributes: Attributes) -> None:
        """Lets each mutator change the object in place."""
        kind = attributes.kind
        key = (attributes.operation, kind.gvk.group, kind.plural, attributes.subresource)
        plugins = self._mutating.get(key)
        if plugins is None:
            subresource = attributes.subresource
            plugins = tuple(p for p in self._mutators if p.handles(attributes.operation, kind, subresource))
            self._mutating[key] = plugins
        for plugin in plugins:
            await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """Lets each validator look; the first refusal ends it."""
        kind = attributes.kind
        key = (attributes.operation, kind.gvk.group, kind.plural, attributes.subresource)
        plugins = self._validating.get(key)
        if plugins is None:
            plugins = tuple(
                p for p in self._validators if p.handles(attributes.operation, kind, attributes.subresource)
            )
            self._validating[key] = plugins
        for plugin in plugins:
            await plugin.validate(attributes)
