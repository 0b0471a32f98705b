"""MutatingAdmissionPolicy: changes what bound policies say."""

from __future__ import annotations

from miniapi.admission.interface import Attributes, Operation
from miniapi.admission.matching.matcher import Matcher
from miniapi.admission.matching.rules import is_exempt
from miniapi.admission.policies.params import Params
from miniapi.admission.policies.source import Policies
from miniapi.authz.interface import Authorizer
from miniapi.kinds.kind import Kind


class MutatingAdmissionPolicy:
    """Policies of MutatingAdmissionPolicyBindings."""

    name = "MutatingAdmissionPolicy"

    def __init__(self, policies: Policies, matcher: Matcher, params: Params, authorizer: Authorizer) -> None:
        self._policies, self._matcher, self._params, self._authorizer = policies, matcher, params, authorizer

    def handles(self, operation: Operation, kind: Kind, subresource: str) -> bool:
        """Everything but what policies are configured with."""
        del operation, subresource
        return not is_exempt(kind.gvk.group, kind.plural)

    async def admit(self, attributes: Attributes) -> None:
        """Changes the object in place."""
        hooks = self._policies.hooks()
        if hooks:
            # CEL is loaded with the first policy: most servers never have one.
            from miniapi.admission.policies.changing import Changes

            await Changes(self._matcher, self._params, self._authorizer).make(hooks, attributes)
