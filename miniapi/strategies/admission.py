"""Webhook configurations and admission policies: their many defaults."""

from __future__ import annotations

from typing import Any

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy
from miniapi.strategies.status import drop_status, keep_status


def _default_fields(part: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        if part.get(name) is None:
            part[name] = value


def _scopes(rules: list[dict[str, Any]] | None) -> None:
    for rule in rules or ():
        _default_fields(rule, scope="*")


def _default_hooks(obj: Object) -> None:
    for hook in obj.get("webhooks") or ():
        _default_fields(hook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        _default_fields(hook, namespaceSelector={}, objectSelector={})
        _scopes(hook.get("rules"))
        service = (hook.get("clientConfig") or {}).get("service")
        if service is not None:
            _default_fields(service, port=443)


def default_validating_webhook(obj: Object) -> None:
    """Fails closed within ten seconds, everywhere."""
    _default_hooks(obj)


def default_mutating_webhook(obj: Object) -> None:
    """As validating ones, called once."""
    _default_hooks(obj)
    for hook in obj.get("webhooks") or ():
        _default_fields(hook, reinvocationPolicy="Never")


def _default_match(match: dict[str, Any] | None) -> None:
    if match is None:
        return
    _default_fields(match, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
    _scopes(match.get("resourceRules"))
    _scopes(match.get("excludeResourceRules"))


def default_policy(obj: Object) -> None:
    """Fails closed, everywhere."""
    spec = obj.setdefault("spec", {})
    _default_fields(spec, failurePolicy="Fail")
    _default_match(spec.get("matchConstraints"))


def default_binding(obj: Object) -> None:
    """Everywhere the policy matches."""
    _default_match((obj.get("spec") or {}).get("matchResources"))


def _webhooks(obj: Object) -> object:
    return obj.get("webhooks")


VALIDATING_WEBHOOK = Strategy(
    default=default_validating_webhook,
    allow_unconditional_update=False,
    tracks_generation=True,
    generation_of=_webhooks,
)
MUTATING_WEBHOOK = Strategy(
    default=default_mutating_webhook,
    allow_unconditional_update=False,
    tracks_generation=True,
    generation_of=_webhooks,
)
VALIDATING_POLICY = Strategy(
    default=default_policy,
    prepare_create=drop_status,
    prepare_update=keep_status,
    allow_unconditional_update=False,
    tracks_generation=True,
)
MUTATING_POLICY = Strategy(default=default_policy, allow_unconditional_update=False, tracks_generation=True)
BINDING = Strategy(default=default_binding, allow_unconditional_update=False, tracks_generation=True)
