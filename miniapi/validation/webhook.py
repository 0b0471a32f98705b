"""Validating and mutating webhook configurations (admissionregistration/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import go_url, names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.admission_rules import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    Compile,
    match_conditions,
    no_compile,
    rule,
)
from miniapi.validation.expressions import compile_expression
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.selector import label_selector

REVIEW_VERSIONS = ("v1", "v1beta1")
_NO_EFFECTS = ("None", "NoneOnDryRun")
_ANY_EFFECTS = ("None", "NoneOnDryRun", "Some", "Unknown")
_URL_FORM = "; desired format: https://host[/path]"


def fully_qualified_name(path: str, name: str) -> ErrorList:
    """IsFullyQualifiedName: a domain of three labels or more."""
    if not name:
        return [field.required(path)]
    if wrong := names.dns_subdomain(name):
        return rules.each(path, name, wrong)
    if len(name.split(".")) < 3:
        return [field.invalid(path, name, "should be a domain with at least three segments separated by dots")]
    return []


def webhook_url(path: str, url: str) -> ErrorList:
    """ValidateWebhookURL: https, a host, and no more than a path."""
    try:
        parts = go_url.parse(url)
    except go_url.BadUrl as problem:
        return [field.required(path, f"url must be a valid URL: {problem}{_URL_FORM}")]
    errors: ErrorList = []
    if parts.scheme != "https":
        errors.append(field.invalid(path, parts.scheme, "'https' is the only allowed URL scheme" + _URL_FORM))
    if not parts.host:
        errors.append(field.invalid(path, parts.host, "host must be specified" + _URL_FORM))
    if parts.user is not None:
        errors.append(field.invalid(path, parts.user, "user information is not permitted in the URL"))
    if parts.fragment:
        errors.append(field.invalid(path, parts.fragment, "fragments are not permitted in the URL"))
    if parts.query:
        errors.append(field.invalid(path, parts.query, "query parameters are not permitted in the URL"))
    return errors


def webhook_service(path: str, service: dict[str, Any]) -> ErrorList:
    """ValidateWebhookService, whose callers all mix up name and namespace: one is missed where the other is not set."""
    mixed = {"name": service.get("namespace"), "namespace": service.get("name")}
    errors = [field.required(child(path, name)) for name, given in mixed.items() if not given]
    port, text, at = service.get("port", 443), service.get("path"), child(path, "path")
    if wrong := names.port_number(port):
        errors.append(field.invalid(child(path, "port"), port, "port is not valid: " + ",".join(wrong)))
    if not text or text == "/":
        return errors
    if text == "//":
        return [*errors, field.invalid(at, text, "segment[0] may not be empty")]
    if not text.startswith("/"):
        errors.append(field.invalid(at, text, "must start with a '/'"))
    for i, step in enumerate(text[1:].removesuffix("/").split("/")):
        wrong = [f": {m}" for m in names.dns_subdomain(step)] if step else [" may not be empty"]
        errors += [field.invalid(at, text, f"segment[{i}]{m}") for m in wrong]
    return errors


def _client(config: dict[str, Any], path: str) -> ErrorList:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [field.required(path, "exactly one of url or service is required")]
    if url is not None:
        return webhook_url(child(path, "url"), url)
    return webhook_service(child(path, "service"), service or {})


def _review_versions(versions: list[str], path: str, known: bool) -> ErrorList:
    wanted = ", ".join(REVIEW_VERSIONS)
    if not versions:
        return [field.required(path, f"must specify one of {wanted}")]
    errors: ErrorList = []
    for i, version in enumerate(versions):
        if version in versions[:i]:
            errors.append(field.invalid(index(path, i), version, "duplicate version"))
        else:
            errors += rules.each(index(path, i), version, names.dns_1035_label(version))
    if known and not any(version in REVIEW_VERSIONS for version in versions):
        errors.append(field.invalid(path, versions, f"must include at least one of {wanted}"))
    return errors


def _hook(hook: dict[str, Any], path: str, effects: tuple[str, ...], strict: bool) -> ErrorList:
    errors = fully_qualified_name(child(path, "name"), hook.get("name") or "")
    for i, value in enumerate(hook.get("rules") or ()):
        errors += rule(value, index(child(path, "rules"), i))
    errors += rules.optional_choice(child(path, "failurePolicy"), hook.get("failurePolicy"), FAILURE_POLICIES)
    errors += rules.optional_choice(child(path, "matchPolicy"), hook.get("matchPolicy"), MATCH_POLICIES)
    at, effect = child(path, "sideEffects"), hook.get("sideEffects")
    if effect is None:
        errors.append(field.required(at, f"must specify one of {', '.join(effects)}"))
    errors += rules.optional_choice(at, effect, effects)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        why = "the timeout value must be between 1 and 30 seconds"
        errors.append(field.invalid(child(path, "timeoutSeconds"), seconds, why))
    for name in ("namespaceSelector", "objectSelector"):
        errors += label_selector(hook.get(name), child(path, name), check_values=strict)
    reinvocation = hook.get("reinvocationPolicy")
    errors += rules.optional_choice(child(path, "reinvocationPolicy"), reinvocation, ("IfNeeded", "Never"))
    return errors + _client(hook.get("clientConfig") or {}, child(path, "clientConfig"))


def _hooks(hooks: list[dict[str, Any]], old: list[dict[str, Any]] | None, compile_: Compile) -> ErrorList:
    """All hooks; rules that the old ones broke are not enforced anew."""
    before = old or []
    pure = all(h.get("sideEffects") in _NO_EFFECTS for h in before)
    found = [h.get("name") or "" for h in before]
    known = all(
        not h.get("admissionReviewVersions") or any(v in REVIEW_VERSIONS for v in h["admissionReviewVersions"])
        for h in before
    )
    strict = not any(
        label_selector(h.get(name), "") for h in before for name in ("namespaceSelector", "objectSelector")
    )
    conditions = [h.get("matchConditions") for h in hooks] != [h.get("matchConditions") for h in before] or old is None
    errors: ErrorList = []
    seen: set[str] = set()
    for i, hook in enumerate(hooks):
        path, name = index("webhooks", i), hook.get("name") or ""
        errors += _hook(hook, path, _NO_EFFECTS if pure else _ANY_EFFECTS, strict)
        if conditions:
            errors += match_conditions(hook, path, compile_)
        versions = hook.get("admissionReviewVersions") or []
        errors += _review_versions(versions, child(path, "admissionReviewVersions"), known)
        if name in seen and len(set(found)) == len(found):
            errors.append(field.duplicate(child(path, "name"), name))
        seen.add(name or "\0")
    return errors


def validation(compile_: Compile = no_compile) -> Validation:
    """The rules of both kinds, with match conditions compiled by `compile_`."""

    def create(obj: Object) -> ErrorList:
        return _hooks(obj.get("webhooks") or [], None, compile_)

    def update(obj: Object, old: Object) -> ErrorList:
        return _hooks(obj.get("webhooks") or [], old.get("webhooks") or [], compile_)

    return Validation(
        create, update, names.name_is_dns_subdomain, qualified_finalizers=False, update_metadata=("whole",)
    )


VALIDATION = validation(compile_expression)
