"""matchConditions decide whether a webhook is asked at all."""

from __future__ import annotations

from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.refusal import forbidden
from miniapi.admission.webhooks.hook import Hook
from miniapi.authz.interface import Authorizer


class Conditions:
    """Judges webhooks' conditions."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def met(self, hook: Hook, attributes: Attributes, asked: Asked) -> bool:
        """False where one says no. 403 where one cannot be judged and failurePolicy is Fail."""
        if hook.problem and not hook.ignores_failure:
            raise forbidden(attributes, hook.problem)
        if not hook.conditions:
            return not hook.problem
        from miniapi.admission.conditions import NotJudged, met
        from miniapi.admission.expressions import variables_of

        variables = variables_of(attributes, asked, None, self._authorizer)
        try:
            return met(hook.conditions, variables, ignores_failure=hook.ignores_failure)
        except NotJudged as problem:
            raise forbidden(attributes, str(problem)) from None
