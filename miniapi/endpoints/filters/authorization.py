"""Lets through what the authorizer allows; 403 in the original's words for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from miniapi import errors
from miniapi.authz.forbidden import denied
from miniapi.authz.interface import Attributes, Authorizer, Decision
from miniapi.authz.options import ALWAYS_ALLOWED
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.filters.identity_metrics import IdentityMetrics
from miniapi.endpoints.writes import user_of
from miniapi.meta.request_info import RequestInfo
from miniapi.meta.user import MASTERS_GROUP
from miniapi.wire import Reply

_ALLOWED = Decision("allow")
_RESULTS = {"deny": "denied", "no_opinion": "no-opinion"}
_SELECTING = frozenset({"list", "watch", "deletecollection"})
DECISION, REASON = "authorization.k8s.io/decision", "authorization.k8s.io/reason"


def attributes_of(context: Context) -> Attributes:
    """The request as authorization sees it."""
    info = context.info
    return Attributes(
        user_of(context),
        info.verb,
        info.path,
        info.resource_request,
        info.group,
        info.version,
        info.resource,
        info.subresource,
        info.namespace,
        info.name,
        _field_selector(info) if info.query and info.verb in _SELECTING else "",
    )


def _field_selector(info: RequestInfo) -> str:
    return next((value for name, value in info.query if name == "fieldSelector"), "")


def authorization(
    authorizer: Authorizer, always_allowed: Sequence[str] = ALWAYS_ALLOWED, metrics: IdentityMetrics | None = None
) -> Filter:
    """Asks once per request. system:masters is asked for by no mode, hence not here either.

    `always_allowed` paths may be read without leave; one that ends in `*` stands for all below it.
    """
    exact = frozenset(p for p in always_allowed if not p.endswith("*"))
    prefixes = tuple(p.rstrip("*") for p in always_allowed if p.endswith("*"))
    counted = metrics or IdentityMetrics()

    async def decide(context: Context) -> Decision:
        path = context.info.path
        if MASTERS_GROUP in user_of(context).groups or (
            not context.info.resource_request
            and context.info.verb == "get"
            and (path in exact or (prefixes and path.startswith(prefixes)))
        ):
            return _ALLOWED
        return await authorizer.authorize(attributes_of(context))

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            started = perf_counter()
            decision = await decide(context)
            if decision.verdict == "allow":
                counted.authorized("allowed", perf_counter() - started)
                if context.audited:
                    _note(context, "allow", decision.reason)
                return await handler(context)
            result = "error" if decision.error else _RESULTS[decision.verdict]
            counted.authorized(result, perf_counter() - started)
            if decision.error:
                _note(context, "", "internal error")
                raise errors.internal(decision.error)
            _note(context, "forbid", decision.reason)
            raise denied(attributes_of(context), decision.reason)

        return handle

    return wrap


def _note(context: Context, decision: str, reason: str) -> None:
    if decision:
        context.audit_annotations[DECISION] = decision
    context.audit_annotations[REASON] = reason
