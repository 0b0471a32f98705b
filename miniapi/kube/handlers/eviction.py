"""pods/eviction: deletes a pod where its disruption budget allows it (pkg/registry/core/pod/storage/eviction.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.client.client import Client
from miniapi.clock import rfc3339
from miniapi.endpoints.context import Context
from miniapi.endpoints.delete_flow import checked
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import write_context
from miniapi.errors import ApiError, Cause
from miniapi.kube.handlers.named_create import NamedCreate, receive
from miniapi.meta.disruption import (
    DISRUPTION_ALLOWED,
    SYNC_FAILED,
    condition_of,
    is_ready,
    update_disruption_allowed,
)
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object
from miniapi.meta.selectors import label_selector
from miniapi.registry.deletion import mark
from miniapi.registry.resource import Resource
from miniapi.storage.interface import KeyConflict
from miniapi.strategies.interface import WriteContext
from miniapi.strategies.pod import set_condition
from miniapi.wire import Reply

GROUP, VERSION, PLURAL = "policy", "v1", "poddisruptionbudgets"
OLDER = GroupVersionKind(GROUP, "v1beta1", "Eviction")
RETRIES = 20
MAX_DISRUPTED_PODS = 2000
RETRY_AFTER_SECONDS = 10
_TOO_MANY = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Eviction:
    """Handler. Budgets are read and written through the server's own client."""

    pods: Resource
    client: Client

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """201 with a Status; 429 where the budget does not allow it; 500 where two budgets cover the pod."""
        create = await receive(context, scope, also=OLDER)
        if create.name != (create.obj["metadata"].get("name") or ""):
            raise errors.bad_request("name in URL does not match name in Eviction object")
        options = _delete_options(create)
        await scope.admission.validate(create.write)
        ctx = write_context(context, scope, create.name, create.options)
        pod = await self._pod(context.info.namespace, create.name)
        meta = pod["metadata"]
        if _needs_no_budget(pod):
            ended = (pod.get("status") or {}).get("phase") in _ENDED or meta.get("deletionTimestamp")
            await self._delete(scope, pod, options if ended else _pinned(options, pod), ctx)
            return create.succeeded()
        unhealthy = await self._allowed(pod, options, rfc3339(ctx.now))
        try:
            await self._delete(scope, pod, _pinned(options, pod) if unhealthy else options, ctx)
        except ApiError as problem:
            if problem.code == 409 and unhealthy and not (options.get("preconditions") or {}).get("resourceVersion"):
                raise _in_progress(unhealthy) from None
            raise
        return create.succeeded()

    async def _pod(self, namespace: str, name: str) -> Object:
        stored = await self.pods.get(namespace, name)
        if stored is None:
            raise errors.not_found("pods", "", name)
        return self.pods.decode(stored)

    async def _allowed(self, pod: Object, options: Object, now: str) -> str:
        """Charges the pod's budget. -> its name where the pod need not be counted since it is not healthy."""
        meta = pod["metadata"]
        found = (await self.client.list(GROUP, VERSION, PLURAL, meta["namespace"]))["items"]
        labels = meta.get("labels") or {}
        budgets = [b for b in found if label_selector(b["spec"].get("selector")).matches(labels)]
        if len(budgets) > 1:
            raise errors.server_error(_SEVERAL)
        if not budgets:
            return ""
        budget = budgets[0]
        name: str = budget["metadata"]["name"]
        if not is_ready(pod) and _spares_unhealthy(budget):
            return name
        for _ in range(RETRIES):
            try:
                await self._charge(budget, meta["name"], now, dry_run=bool(options.get("dryRun")))
                return ""
            except ApiError as problem:
                if problem.code != 409:
                    raise
                budget = await self.client.get(GROUP, VERSION, PLURAL, meta["namespace"], name)
        raise errors.timeout(f'couldn\'t update PodDisruptionBudget "{name}" due to conflicts', RETRY_AFTER_SECONDS)

    async def _charge(self, budget: Object, pod: str, now: str, *, dry_run: bool) -> None:
        """checkAndDecrement."""
        meta, status = budget["metadata"], budget.setdefault("status", {})
        if status.get("observedGeneration", 0) != meta.get("generation", 0):
            raise _in_progress(meta["name"])
        allowed = status.get("disruptionsAllowed", 0)
        if allowed < 0:
            why = "pdb disruptions allowed is negative"
            raise errors.forbidden("poddisruptionbudget", GROUP, meta["name"], why)
        if len(status.get("disruptedPods") or ()) > MAX_DISRUPTED_PODS:
            why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
            raise errors.forbidden("poddisruptionbudget", GROUP, meta["name"], why)
        if allowed == 0:
            raise _too_many(Cause("DisruptionBudget", _why_not(meta["name"], status)), 0)
        status["disruptionsAllowed"] = allowed - 1
        if allowed == 1:
            update_disruption_allowed(budget, now)
        if dry_run:
            return
        status["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod: now}
        await self.client.update(GROUP, VERSION, PLURAL, meta["namespace"], budget, "status")

    async def _delete(self, scope: Scope, pod: Object, options: Object, ctx: WriteContext) -> None:
        """addConditionAndDeletePod, in one write."""
        meta, options = pod["metadata"], checked(options)
        current = await self.pods.get(meta["namespace"], meta["name"])
        while True:
            if current is None:
                raise errors.not_found("pods", "", meta["name"])
            latest = self.pods.decode(current)
            _check_preconditions(latest, options)
            if options.get("dryRun"):
                return
            condition = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
            set_condition(latest, {**condition, "message": "Eviction API: evicting"}, ctx)
            try:
                if mark(scope.kind, latest, options, ctx, ctx.now):
                    await self.pods.remove(current)
                else:
                    await self.pods.replace(current, latest)
                return
            except KeyConflict as conflict:
                current = conflict.current


def _delete_options(create: NamedCreate) -> Object:
    """The eviction's own options with the request's dry run (propagateDryRun)."""
    options: dict[str, Any] = dict(create.obj.get("deleteOptions") or {})
    own = options.get("dryRun") or []
    if create.options.dry_run and own not in ([], ["All"]):
        shown = " ".join(own)
        raise errors.server_error(f"Non-matching dry-run options in request and content: [All] and [{shown}]")
    if create.options.dry_run:
        options["dryRun"] = ["All"]
    return options


def _needs_no_budget(pod: Object) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase in (*_ENDED, "Pending") or bool(pod["metadata"].get("deletionTimestamp"))


def _pinned(options: Object, pod: Object) -> Object:
    """The options with the pod's version as a precondition, unless they have one."""
    wanted = options.get("preconditions") or {}
    if wanted.get("resourceVersion"):
        return options
    return {**options, "preconditions": {**wanted, "resourceVersion": pod["metadata"]["resourceVersion"]}}


def _check_preconditions(pod: Object, options: Object) -> None:
    wanted, meta = options.get("preconditions") or {}, pod["metadata"]
    if wanted.get("uid") and wanted["uid"] != meta["uid"]:
        why = (
            f"the UID in the precondition ({wanted['uid']}) does not match the UID in record ({meta['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict("Pod", "", meta["name"], why)
    version = wanted.get("resourceVersion")
    if version and version != meta["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({meta['resourceVersion']}). The object might have been modified"
        )
        raise errors.conflict("Pod", "", meta["name"], why)


def _spares_unhealthy(budget: Object) -> bool:
    """Whether a pod that is not ready may go without being counted."""
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    return bool(0 < status.get("desiredHealthy", 0) <= status.get("currentHealthy", 0))


def _why_not(name: str, status: Object) -> str:
    failed = condition_of(status, DISRUPTION_ALLOWED)
    if failed is not None and (failed.get("status") != "False" or not failed.get("message")):
        failed = None
    desired, current = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    refused = f"The disruption budget {name} does not allow evicting pods currently"
    if failed is not None and failed.get("reason") == SYNC_FAILED:
        return f"{refused} because it failed sync: {failed['message']}"
    if current <= desired:
        return f"The disruption budget {name} needs {desired} healthy pods and has {current} currently"
    return f"{refused} ({failed.get('reason', '')}): {failed['message']}" if failed is not None else refused


def _in_progress(name: str) -> ApiError:
    why = f"The disruption budget {name} is still being processed by the server."
    return _too_many(Cause("DisruptionBudget", why), RETRY_AFTER_SECONDS)


def _too_many(cause: Cause, retry_after_seconds: int) -> ApiError:
    problem = errors.too_many_requests(_TOO_MANY, retry_after_seconds)
    problem.causes = [cause]
    return problem
