"""ValidatingAdmissionWebhook: asks all webhooks that a write concerns at once; one no is enough."""

from __future__ import annotations

import asyncio

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.matching.rules import is_exempt
from miniapi.admission.webhooks.asking import Caller, ask
from miniapi.admission.webhooks.conditions import Conditions
from miniapi.admission.webhooks.hook import Hook, Hooks
from miniapi.errors import ApiError
from miniapi.kinds.kind import Kind


class ValidatingAdmissionWebhook:
    """Webhooks of ValidatingWebhookConfigurations."""

    name = "ValidatingAdmissionWebhook"

    def __init__(self, hooks: Hooks, matcher: Matcher, conditions: Conditions, caller: Caller) -> None:
        self._hooks, self._matcher, self._conditions, self._caller = hooks, matcher, conditions, caller

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        """Everything but what webhooks are configured with."""
        del operation, subresource
        return not is_exempt(kind.gvk.group, kind.plural)

    async def validate(self, attributes: Attributes) -> None:
        """The first no, in the order of the webhooks, is the answer."""
        hooks = self._hooks.all()
        if not hooks:
            return
        concerned: list[tuple[Hook, Asked]] = []
        for hook in hooks:
            asked = await self._matcher.asked(hook.criteria, attributes)
            if asked is not None and self._conditions.met(hook, attributes, asked):
                concerned.append((hook, asked))
        results = await asyncio.gather(
            *(ask(self._caller, hook, attributes, asked, mutating=False) for hook, asked in concerned),
            return_exceptions=True,
        )
        problems = [r for r in results if isinstance(r, BaseException)]
        for problem in problems:
            if not isinstance(problem, ApiError):
                raise problem
        if problems:
            raise problems[0]
