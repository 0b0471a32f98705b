"""Jobs (pkg/apis/batch/validation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object, copy, name_of
from miniapi.validation import field, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.indexes import succeeded_indexes
from miniapi.validation.interface import Validation
from miniapi.validation.internal import internal, pod_template
from miniapi.validation.job_status import bare_invalid
from miniapi.validation.pod_template import labels_match, pod_template_spec
from miniapi.validation.selector import is_convertible, label_selector, matches, shown_selector

Spec = Mapping[str, Any]
MAX_INDEXED = 100_000
_HIGH_PARALLELISM = 10_000
_MAX_RULES = 20
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_STATUSES = ("False", "True", "Unknown")
_IMMUTABLE: Sequence[tuple[str, field.Show | None]] = (
    ("completionMode", None),
    ("podFailurePolicy", lambda value: internal("PodFailurePolicy", value)),
    ("backoffLimitPerIndex", None),
    ("managedBy", None),
    ("successPolicy", lambda value: internal("SuccessPolicy", value)),
)
_GENERATED = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name")


def job_spec(spec: Spec, path: str) -> ErrorList:
    """validateJobSpec: what holds for a job and for a cron job's template alike."""
    errors = rules.not_negative_fields(
        spec, path, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
        "backoffLimitPerIndex", "maxFailedIndexes",
    )  # fmt: skip
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        at = field.child(path, "backoffLimitPerIndex")
        errors.append(field.required(at, "when maxFailedIndexes is specified"))
    if (manager := spec.get("managedBy")) is not None:
        errors += _managed_by(manager, field.child(path, "managedBy"))
    errors += _completion_mode(spec, path)
    if (policy := spec.get("podFailurePolicy")) is not None:
        errors += _failure_policy(policy, spec, field.child(path, "podFailurePolicy"))
    if (policy := spec.get("successPolicy")) is not None:
        errors += _success_policy(policy, spec, field.child(path, "successPolicy"))
    allowed = ("Failed",) if spec.get("podFailurePolicy") is not None else ("Failed", "TerminatingOrFailed")
    errors += rules.optional_choice(
        field.child(path, "podReplacementPolicy"), spec.get("podReplacementPolicy"), allowed
    )
    template = spec.get("template") or {}
    errors += pod_template_spec(template, field.child(path, "template"))
    return errors + _restart_policy(spec, template.get("spec") or {}, field.child(path, "template.spec.restartPolicy"))


def _managed_by(manager: str, path: str) -> ErrorList:
    host, slash, rest = manager.partition("/")
    if not manager:
        errors = [field.required(path)]
    elif not slash or not host or not rest:
        errors = [field.invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    else:
        errors = rules.each(path, host, names.dns_subdomain(host)) + rules.each(path, rest, names.http_path(rest))
    if names.size(manager) > 63:
        errors.append(field.too_long(path, 63))
    return errors


def _completion_mode(spec: Spec, path: str) -> ErrorList:
    mode = spec.get("completionMode")
    at = field.child(path, "completionMode")
    errors = rules.optional_choice(at, mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        return errors + _indexed(spec, path)
    if mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(name) is not None:
                errors.append(field.invalid(field.child(path, name), spec[name], "requires indexed completion mode"))
    return errors


def _indexed(spec: Spec, path: str) -> ErrorList:
    completions, parallelism, failed = (spec.get(n) for n in ("completions", "parallelism", "maxFailedIndexes"))
    at_parallelism, at_failed = field.child(path, "parallelism"), field.child(path, "maxFailedIndexes")
    errors: ErrorList = []
    if completions is None:
        errors.append(field.required(field.child(path, "completions"), "when completion mode is Indexed"))
    if parallelism is not None and parallelism > MAX_INDEXED:
        why = f"must be less than or equal to {MAX_INDEXED} when completion mode is Indexed"
        errors.append(field.invalid(at_parallelism, parallelism, why))
    if completions is not None and failed is not None and failed > completions:
        errors.append(field.invalid(at_failed, failed, "must be less than or equal to completions"))
    if failed is not None and failed > MAX_INDEXED:
        errors.append(field.invalid(at_failed, failed, f"must be less than or equal to {MAX_INDEXED}"))
    if completions is None or completions <= MAX_INDEXED or spec.get("backoffLimitPerIndex") is None:
        return errors
    why = (
        f"must be less than or equal to {_HIGH_PARALLELISM} when completions are above {MAX_INDEXED} "
        "and used with backoff limit per index"
    )
    if failed is None:
        errors.append(field.required(at_failed, f"must be specified when completions is above {MAX_INDEXED}"))
    if parallelism is not None and parallelism > _HIGH_PARALLELISM:
        errors.append(field.invalid(at_parallelism, parallelism, why))
    if failed is not None and failed > _HIGH_PARALLELISM:
        errors.append(field.invalid(at_failed, failed, why))
    return errors


def _restart_policy(spec: Spec, pod: Spec, path: str) -> ErrorList:
    policy = pod.get("restartPolicy") or ""
    if policy in ("", "Always"):
        return [field.required(path, 'valid values: "OnFailure", "Never"')]
    if policy not in ("OnFailure", "Never"):
        return [field.not_supported(path, policy, ("OnFailure", "Never"))]
    if spec.get("podFailurePolicy") is not None and policy != "Never":
        return [field.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def _listed(values: Sequence[str]) -> str:
    return "valid values: [" + " ".join(f'"{v}"' for v in values) + "]"


def _choice(path: str, value: str, supported: Sequence[str]) -> ErrorList:
    if not value:
        return [field.required(path, _listed(supported))]
    return [] if value in supported else [field.not_supported(path, value, supported)]


def _failure_policy(policy: Spec, spec: Spec, path: str) -> ErrorList:
    rows, at = policy.get("rules") or (), field.child(path, "rules")
    errors: ErrorList = []
    if len(rows) > _MAX_RULES:
        errors.append(field.too_many(at, len(rows), _MAX_RULES))
    pod = (spec.get("template") or {}).get("spec") or {}
    known = {c.get("name") for kind in ("containers", "initContainers") for c in pod.get(kind) or ()}
    for i, row in enumerate(rows):
        where, action = field.index(at, i), row.get("action") or ""
        errors += _choice(field.child(where, "action"), action, _ACTIONS)
        if action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            why = "requires the backoffLimitPerIndex to be set"
            errors.append(field.invalid(field.child(where, "action"), action, why))
        codes, patterns = row.get("onExitCodes"), row.get("onPodConditions") or ()
        if codes is not None:
            errors += _exit_codes(codes, field.child(where, "onExitCodes"), known)
        errors += _pod_conditions(patterns, field.child(where, "onPodConditions"))
        if codes is not None and patterns:
            errors.append(bare_invalid(where, "specifying both OnExitCodes and OnPodConditions is not supported"))
        if codes is None and not patterns:
            errors.append(bare_invalid(where, "specifying one of OnExitCodes and OnPodConditions is required"))
    return errors


def _pod_conditions(patterns: Sequence[Spec], path: str) -> ErrorList:
    errors: ErrorList = []
    if len(patterns) > _MAX_RULES:
        errors.append(field.too_many(path, len(patterns), _MAX_RULES))
    for i, pattern in enumerate(patterns):
        at = field.index(path, i)
        errors += rules.qualified_name(field.child(at, "type"), pattern.get("type") or "")
        errors += _choice(field.child(at, "status"), pattern.get("status") or "", _STATUSES)
    return errors


def _exit_codes(codes: Spec, path: str, containers: set[str | None]) -> ErrorList:
    operator, values, at = codes.get("operator") or "", codes.get("values") or [], field.child(path, "values")
    errors = _choice(field.child(path, "operator"), operator, ("In", "NotIn"))
    name = codes.get("containerName")
    if name is not None and name not in containers:
        why = "must be one of the container or initContainer names in the pod template"
        errors.append(field.invalid(field.child(path, "containerName"), name, why))
    if not values:
        errors.append(field.invalid(at, values or codes.get("values"), "at least one value is required"))
    elif len(values) > 255:
        errors.append(field.too_many(at, len(values), 255))
    for i, value in enumerate(values):
        if operator == "In" and value == 0:
            errors.append(field.invalid(field.index(at, i), value, "must not be 0 for the In operator"))
        if value in values[:i]:
            errors.append(field.duplicate(field.index(at, i), value))
    if values != sorted(values):
        errors.append(field.invalid(at, values, "must be ordered"))
    return errors


def _success_policy(policy: Spec, spec: Spec, path: str) -> ErrorList:
    if spec.get("completionMode") != "Indexed":
        return [field.invalid(path, internal("SuccessPolicy", policy), "requires indexed completion mode")]
    rows, at, completions = policy.get("rules") or (), field.child(path, "rules"), spec.get("completions") or 0
    errors: ErrorList = []
    if not rows:
        errors.append(field.required(at, "at least one rules must be specified when the successPolicy is specified"))
    if len(rows) > _MAX_RULES:
        errors.append(field.too_many(at, len(rows), _MAX_RULES))
    for i, row in enumerate(rows):
        where, count, indexes = field.index(at, i), row.get("succeededCount"), row.get("succeededIndexes")
        if count is None and indexes is None:
            why = "at least one of succeededCount or succeededIndexes must be specified"
            errors.append(field.required(where, why))
        total = 0
        if indexes is not None:
            wrong, total = succeeded_indexes(indexes, completions, field.child(where, "succeededIndexes"))
            errors += wrong
        if count is not None:
            here = field.child(where, "succeededCount")
            errors += rules.not_negative(here, count)
            if count > completions:
                why = f"must be less than or equal to {completions} (the number of specified completions)"
                errors.append(field.invalid(here, count, why))
            if indexes is not None and count > total:
                which = "(the number of indexes in the specified succeededIndexes field)"
                why = f"must be less than or equal to {total} {which}"
                errors.append(field.invalid(here, count, why))
    return errors


def _generated_selector(job: Object) -> ErrorList:
    """validateGeneratedSelector: unless the client takes it over, the selector is the server's."""
    spec, meta = job.get("spec") or {}, job.get("metadata") or {}
    selector = spec.get("selector")
    if spec.get("manualSelector") or selector is None:
        return []
    errors: ErrorList = []
    uid, name = meta.get("uid") or "", meta.get("name") or ""
    if not uid:
        errors.append(field.required("metadata.uid"))
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    wanted = {key: uid if key.endswith("controller-uid") else name for key in _GENERATED}
    at = "spec.template.metadata.labels"
    for key in (_GENERATED[2], _GENERATED[3], _GENERATED[0], _GENERATED[1]):
        if key not in labels:
            errors.append(field.required(field.key(at, key), f"must be '{wanted[key]}'"))
        elif labels[key] != wanted[key]:
            errors.append(field.invalid(field.key(at, key), dict(sorted(labels.items())), f"must be '{wanted[key]}'"))
    if is_convertible(selector) and not matches(selector, wanted):
        errors.append(field.invalid("spec.selector", shown_selector(selector), "`selector` not auto-generated"))
    return errors


def _spec(spec: Spec) -> ErrorList:
    errors = job_spec(spec, "spec")
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        errors.append(field.required("spec.selector"))
    errors += label_selector(selector, "spec.selector")
    if is_convertible(selector or {}):
        labels = (template.get("metadata") or {}).get("labels") or {}
        errors += labels_match(template, "spec.template", matched=matches(selector, labels))
    return errors


def _create(job: Object) -> ErrorList:
    spec = job.get("spec") or {}
    errors = _generated_selector(job) + _spec(spec)
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        hostname = f"{name_of(job)}-{completions - 1}"
        if names.dns_label(hostname):
            why = f"will not able to create pod with invalid DNS label: {hostname}"
            errors.append(field.invalid("metadata.name", name_of(job), why))
    return errors


def _update(job: Object, old: Object) -> ErrorList:
    """All rules of creation, those of the spec once more, and what may not change."""
    spec, before = job.get("spec") or {}, old.get("spec") or {}
    errors = _create(job) + _spec(spec) + _completions(spec, before)
    if spec.get("selector") != before.get("selector"):
        errors.append(field.invalid("spec.selector", shown_selector(spec.get("selector")), field.IMMUTABLE))
    template = spec.get("template") or {}
    if template != _with_allowed_changes(template, before.get("template") or {}, old):
        errors.append(field.invalid("spec.template", pod_template(template), field.IMMUTABLE))
    for name, shown_as in _IMMUTABLE:
        errors += field.immutable(field.child("spec", name), spec.get(name), before.get(name), shown_as)
    return errors


def _completions(spec: Spec, before: Spec) -> ErrorList:
    new, old = spec.get("completions"), before.get("completions")
    if spec.get("completionMode") != "Indexed":
        return field.immutable("spec.completions", new, old)
    if new == old or new is None or new == spec.get("parallelism"):
        return []
    return [field.invalid("spec.completions", new, "can only be modified in tandem with spec.parallelism")]


def _with_allowed_changes(template: Spec, before: Spec, old: Object) -> Spec:
    """The old template, with what a suspended job without pods may change taken from the new one."""
    status, spec = old.get("status") or {}, old.get("spec") or {}
    suspended = any(c.get("type") == "Suspended" and c.get("status") == "True" for c in status.get("conditions") or ())
    if not spec.get("suspend") or not suspended or status.get("active"):
        return before
    allowed: dict[str, Any] = copy(dict(before))
    new_pod, pod = template.get("spec") or {}, allowed.setdefault("spec", {})
    for name in ("nodeSelector", "tolerations", "schedulingGates"):
        _take(pod, new_pod, name)
    affinity = {k: v for k, v in (pod.get("affinity") or {}).items() if k != "nodeAffinity"}
    new_affinity = new_pod.get("affinity")
    if new_affinity is not None and "nodeAffinity" in new_affinity:
        affinity["nodeAffinity"] = new_affinity["nodeAffinity"]
    if affinity or (new_affinity is not None and not affinity):
        pod["affinity"] = affinity
    else:
        pod.pop("affinity", None)
    for kind in ("containers", "initContainers"):
        for container, new in zip(pod.get(kind) or (), new_pod.get(kind) or (), strict=False):
            _take(container, new, "resources")
    meta, new_meta = allowed.setdefault("metadata", {}), template.get("metadata") or {}
    for name in ("labels", "annotations"):
        _take(meta, new_meta, name)
    return allowed


def _take(target: dict[str, Any], source: Spec, name: str) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


JOB = Validation(_create, _update, names.name_is_dns_subdomain, update_metadata=("whole", "changed"))
