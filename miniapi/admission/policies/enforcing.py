"""What bound policies object to, put into effect: denied, warned of, noted for audits (validating/dispatcher.go)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from miniapi import errors
from miniapi.admission.expressions import variables_of
from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.policies.params import NotConfigured, Params
from miniapi.admission.policies.policy import Binding, Policy
from miniapi.admission.policies.validating import Denial, Result, judge
from miniapi.admission.refusal import forbidden
from miniapi.authz.interface import Authorizer

CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}
FAILURE = "validation.policy.admission.k8s.io/validation_failure"


class Enforcement:
    """Of the policies of one plugin."""

    def __init__(self, matcher: Matcher, params: Params, authorizer: Authorizer) -> None:
        self._matcher, self._params, self._authorizer = matcher, params, authorizer

    async def enforce(self, hooks: Sequence[tuple[Policy, Sequence[Binding]]], attributes: Attributes) -> None:
        """The first denial, by the names of policy and binding, is the answer."""
        denied: list[tuple[Policy, Binding | None, Denial]] = []
        for policy, bindings in hooks:
            asked = await self._matcher.asked(policy.criteria, attributes)
            if asked is None:
                continue
            problem = self._params.problem(policy)
            if problem:
                if not policy.ignores_failure:
                    denied.append((policy, None, Denial(f"failed to configure policy: {problem}")))
                continue
            annotations: dict[str, list[str]] = {}
            for binding in bindings:
                found = await self._bound(policy, binding, attributes, asked, annotations)
                denied += [(policy, binding, denial) for denial in found]
            for key, values in annotations.items():
                attributes.audit_annotations[f"{policy.name}/{key}"] = ", ".join(values)
        if denied:
            raise _refusal(attributes, *denied[0])

    async def _bound(
        self, policy: Policy, binding: Binding, attributes: Attributes, asked: Asked, annotations: dict[str, list[str]]
    ) -> list[Denial]:
        if await self._matcher.asked(binding.criteria, attributes) is None:
            return []
        try:
            params = await self._params.of(policy, binding, attributes.namespace)
        except NotConfigured as problem:
            return [] if policy.ignores_failure else [Denial(f"failed to configure binding: {problem}")]
        namespace = await self._matcher.namespace(attributes)
        variables = variables_of(attributes, asked, namespace, self._authorizer)
        denied: list[Denial] = []
        for param in params:
            result = judge(policy, variables, param)
            denied += _act(policy, binding, attributes, result)
            for key, value in result.annotations:
                known = annotations.setdefault(key, [])
                if value not in known:
                    known.append(value)
        return denied


def _act(policy: Policy, binding: Binding, attributes: Attributes, result: Result) -> list[Denial]:
    """What the binding does about denials; returns those that it denies for."""
    for denial in result.denials:
        if "Warn" in binding.actions:
            text = f"Validation failed for ValidatingAdmissionPolicy '{policy.name}' with binding '{binding.name}': "
            if text + denial.message not in attributes.warnings:
                attributes.warnings.append(text + denial.message)
        if "Audit" in binding.actions:
            failure = {
                "message": denial.message,
                "policy": policy.name,
                "binding": binding.name,
                "expressionIndex": denial.index,
                "validationActions": list(binding.actions),
            }
            attributes.audit_annotations[FAILURE] = json.dumps([failure], separators=(",", ":"))
    return [*(result.denials if "Deny" in binding.actions else ()), *result.annotation_denials]


def _refusal(attributes: Attributes, policy: Policy, binding: Binding | None, denial: Denial) -> errors.ApiError:
    bound = f" with binding '{binding.name}'" if binding is not None else ""
    message = f"ValidatingAdmissionPolicy '{policy.name}'{bound} denied request: {denial.message}"
    refusal = forbidden(attributes, message)
    refusal.reason = denial.reason or "Invalid"
    refusal.code = CODES.get(refusal.reason, 422)
    refusal.causes = [*refusal.causes, errors.Cause("", message)]
    return refusal
