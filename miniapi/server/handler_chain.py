"""The filters that every request passes, made from the configuration (server.DefaultBuildHandlerChain)."""

from __future__ import annotations

from miniapi.clock import Clock
from miniapi.endpoints.context import Filter
from miniapi.endpoints.filters.access_log import access_log
from miniapi.endpoints.filters.audit import audit, audit_start, failed_authentication
from miniapi.endpoints.filters.authentication import authentication
from miniapi.endpoints.filters.authorization import authorization
from miniapi.endpoints.filters.cors import cors
from miniapi.endpoints.filters.deadline import deadline
from miniapi.endpoints.filters.identity_metrics import IdentityMetrics
from miniapi.endpoints.filters.impersonation import impersonation
from miniapi.endpoints.filters.panic_recovery import panic_recovery
from miniapi.endpoints.filters.response_headers import response_headers
from miniapi.server.config import GenericConfig


def handler_chain(config: GenericConfig, clock: Clock) -> list[Filter]:
    """Outermost first."""
    limits, told, identity = config.options, config.audit, IdentityMetrics()
    config.metrics.add(identity.families)
    return [
        audit_start(),
        *([access_log()] if config.tells_requests else []),
        config.requests.filter(),
        response_headers(limits.hsts_directives),
        panic_recovery(),
        config.drain.filter(),
        deadline(limits.request_timeout_seconds),
        *([cors(limits.cors_allowed_origins)] if limits.cors_allowed_origins else []),
        authentication(
            config.authentication.request,
            failed_authentication(told.sink, told.policy, clock) if told else None,
            identity,
        ),
        *([audit(told.sink, told.policy, clock)] if told else []),
        impersonation(config.authorization.authorizer),
        config.in_flight.filter(),
        authorization(config.authorization.authorizer, config.always_allow_paths, identity),
    ]
