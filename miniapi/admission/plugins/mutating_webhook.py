"""MutatingAdmissionWebhook: asks one webhook after another, each about what the one before it made."""

from __future__ import annotations

from typing import Any

from miniapi import errors
from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.matching.rules import is_exempt
from miniapi.admission.webhooks.asking import Caller, ask
from miniapi.admission.webhooks.conditions import Conditions
from miniapi.admission.webhooks.hook import Hook, Hooks
from miniapi.kinds.kind import Kind
from miniapi.patch import json_patch
from miniapi.schema.convert import ConvertError


class MutatingAdmissionWebhook:
    """Webhooks of MutatingWebhookConfigurations."""

    name = "MutatingAdmissionWebhook"

    def __init__(self, hooks: Hooks, matcher: Matcher, conditions: Conditions, caller: Caller) -> None:
        self._hooks, self._matcher, self._conditions, self._caller = hooks, matcher, conditions, caller

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        """Everything but what webhooks are configured with."""
        del operation, subresource
        return not is_exempt(kind.gvk.group, kind.plural)

    async def admit(self, attributes: Attributes) -> None:
        """Changes the object in place; the first no is the answer."""
        hooks = self._hooks.all()
        if not hooks:
            return
        again = attributes.reinvocation
        again.begin(attributes.obj)
        for hook in hooks:
            key = (hook.configuration, hook.name, hook.position)
            if again.second_round and key not in again.due:
                continue
            asked = await self._matcher.asked(hook.criteria, attributes)
            if asked is None or not self._conditions.met(hook, attributes, asked):
                continue
            said = await ask(self._caller, hook, attributes, asked, mutating=True)
            if said is not None and said.patch and self._apply(hook, attributes, asked, said.patch):
                again.changed()
            if hook.reinvoked:
                again.eligible.add(key)
        again.end(attributes.obj)

    def _apply(self, hook: Hook, attributes: Attributes, asked: Asked, operations: list[Any]) -> bool:
        """Whether the patch changed anything."""
        if attributes.obj is None or asked.obj is None:
            raise errors.internal(
                f'admission webhook "{hook.name}" attempted to modify the object, '
                "which is not supported for this operation"
            )
        try:
            patched = json_patch.operate(asked.obj, operations)
            wanted = attributes.retype(self._matcher.as_requested(patched, attributes, asked))
        except (errors.ApiError, ConvertError, json_patch.Failed) as problem:
            raise errors.internal(str(problem)) from None
        if wanted == attributes.obj:
            return False
        attributes.obj.clear()
        attributes.obj.update(wanted)
        return True
