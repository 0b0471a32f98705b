"""The parameters of a policy's binding (plugin/policy/generic.CollectParams)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from miniapi.meta.gvk import GroupVersionKind, parse_api_version
from miniapi.meta.objects import Object, labels_of
from miniapi.meta.selectors import label_selector

if TYPE_CHECKING:
    from miniapi.admission.policies.policy import Binding, Policy

SYNC_SECONDS = 1.0


class NotConfigured(Exception):
    """The policy or binding cannot be used as it is; the message is the original's."""


class Informer(Protocol):
    """A shared informer."""

    synced: asyncio.Event

    def get(self, namespace: str, name: str) -> Object | None: ...

    def list(self, namespace: str = "") -> Sequence[Object]: ...


ResourceOf = Callable[[GroupVersionKind], tuple[str, bool] | None]
"""A kind's plural and whether it is namespaced; None for a kind that is not served."""


class Params:
    """Follows the kinds that parameters are of, from when they are first asked for."""

    def __init__(self, resource_of: ResourceOf, informer: Callable[[str, str, str], Informer]) -> None:
        self._resource_of, self._informer = resource_of, informer

    def problem(self, policy: Policy) -> str:
        """What is wrong with the policy whatever its binding; empty where nothing is."""
        if policy.problem or policy.param_kind is None:
            return policy.problem
        gvk = _gvk(policy.param_kind)
        if self._resource_of(gvk) is not None:
            return ""
        return f"failed to find resource referenced by paramKind: '{gvk.group}/{gvk.version}, Kind={gvk.kind}'"

    async def of(self, policy: Policy, binding: Binding, namespace: str) -> Sequence[Object | None]:
        """What to evaluate the policy with, once each; None: without. Raises NotConfigured."""
        ref = binding.param_ref
        if policy.param_kind is None or ref is None:
            return (None,)
        gvk = _gvk(policy.param_kind)
        resource = self._resource_of(gvk)
        if resource is None:
            raise NotConfigured(self.problem(policy))
        plural, namespaced = resource
        informer = self._informer(gvk.group, gvk.version, plural)
        where = _namespace(ref, namespaced, namespace)
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                await informer.synced.wait()
        except TimeoutError:
            shown = f"&ParamKind{{Kind:{gvk.kind},APIVersion:{gvk.api_version},}}"
            raise NotConfigured(f"paramKind kind `{shown}` not yet synced to use for admission") from None
        found = _found(informer, ref, where)
        if not found and ref.get("parameterNotFoundAction") == "Deny":
            raise NotConfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
        return found


def _gvk(param_kind: tuple[str, str]) -> GroupVersionKind:
    api_version, kind = param_kind
    return GroupVersionKind(*parse_api_version(api_version), kind)


def _namespace(ref: Mapping[str, Any], namespaced: bool, namespace: str) -> str:
    wanted: str = ref.get("namespace") or ""
    if not namespaced:
        if wanted:
            raise NotConfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return ""
    if not wanted and not namespace:
        raise NotConfigured("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    return wanted or namespace


def _found(informer: Informer, ref: Mapping[str, Any], namespace: str) -> list[Object]:
    if ref.get("name"):
        one = informer.get(namespace, ref["name"])
        return [one] if one is not None else []
    selector = label_selector(ref.get("selector") or {})
    return [o for o in informer.list(namespace) if selector.matches(labels_of(o))]
