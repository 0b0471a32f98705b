"""What bound policies change, put into effect one after another (mutating/dispatcher.go)."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi import errors
from miniapi.admission.conditions import NotJudged, met
from miniapi.admission.expressions import variables_of
from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.policies.mutating import NotMutated, mutated
from miniapi.admission.policies.params import NotConfigured, Params
from miniapi.admission.policies.policy import Binding, Policy
from miniapi.admission.refusal import forbidden
from miniapi.authz.interface import Authorizer
from miniapi.meta.objects import Object
from miniapi.schema.convert import ConvertError


class Changes:
    """Of the policies of one plugin."""

    def __init__(self, matcher: Matcher, params: Params, authorizer: Authorizer) -> None:
        self._matcher, self._params, self._authorizer = matcher, params, authorizer

    async def make(self, hooks: Sequence[tuple[Policy, Sequence[Binding]]], attributes: Attributes) -> None:
        """Changes the object in place; all failures that count are told together."""
        failures: list[tuple[Policy, Binding | None, str, str]] = []
        again = attributes.reinvocation
        again.begin(attributes.obj)
        for policy, bindings in hooks:
            if await self._matcher.asked(policy.criteria, attributes) is None:
                continue
            problem = self._params.problem(policy)
            if problem:
                failures.append((policy, None, f"failed to configure policy: {problem}", ""))
                continue
            for binding in bindings:
                failures += await self._bound(policy, binding, attributes)
        again.end(attributes.obj)
        counted = [f for f in failures if not f[0].ignores_failure]
        if counted:
            raise _refusal(attributes, counted)

    async def _bound(
        self, policy: Policy, binding: Binding, attributes: Attributes
    ) -> list[tuple[Policy, Binding, str, str]]:
        if await self._matcher.asked(binding.criteria, attributes) is None:
            return []
        try:
            params = await self._params.of(policy, binding, attributes.namespace)
        except NotConfigured as problem:
            return [(policy, binding, f"failed to configure binding: {problem}", "")]
        failures = []
        for position, param in enumerate(params):
            for problem_text in await self._invoke(policy, binding, position, param, attributes):
                failures.append((policy, binding, problem_text, "Invalid"))
        return failures

    async def _invoke(
        self, policy: Policy, binding: Binding, position: int, param: Object | None, attributes: Attributes
    ) -> list[str]:
        again, key = attributes.reinvocation, (policy.name, binding.name, position)
        if again.second_round and key not in again.due:
            return []
        asked = await self._matcher.asked(policy.criteria, attributes)
        if asked is None:
            return []
        namespace = await self._matcher.namespace(attributes)
        variables = {**variables_of(attributes, asked, namespace, self._authorizer), "params": param}
        try:
            if not met(policy.conditions, variables, ignores_failure=policy.ignores_failure):
                return []
        except NotJudged as problem:
            return [str(problem)]
        problems: list[str] = []
        obj = asked.obj
        for mutation in policy.mutations:
            if obj is None:
                break
            try:
                obj = mutated(policy, mutation, obj, variables, attributes.overlay)
            except NotMutated as problem:
                problems.append(str(problem))
        if obj is not None and obj is not asked.obj and self._keep(attributes, asked, obj):
            again.changed()
        if policy.reinvoked:
            again.eligible.add(key)
        return problems

    def _keep(self, attributes: Attributes, asked: Asked, obj: Object) -> bool:
        """Whether the object is another one now."""
        try:
            wanted = attributes.retype(self._matcher.as_requested(obj, attributes, asked), strict=True)
        except ConvertError as problem:
            raise errors.internal(str(problem)) from None
        if attributes.obj is None or wanted == attributes.obj:
            return False
        attributes.obj.clear()
        attributes.obj.update(wanted)
        return True


def _refusal(attributes: Attributes, failures: list[tuple[Policy, Binding | None, str, str]]) -> errors.ApiError:
    """403; the first failure gives message and reason."""
    refusal = forbidden(attributes, "admission request denied by policy")
    refusal.causes = []
    messages = []
    for policy, binding, text, _ in failures:
        who = f"'{policy.name}' with binding '{binding.name}'" if binding is not None else f'"{policy.name}"'
        messages.append(f"policy {who} denied request: {text}")
    refusal.message = messages[0]
    refusal.reason = failures[0][3] or refusal.reason
    refusal.causes = [errors.Cause("", message) for message in messages]
    return refusal
