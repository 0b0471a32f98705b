"""Jobs and cron jobs (pkg/registry/batch)."""

from __future__ import annotations

from typing import Any, Final

from miniapi.meta.objects import Object, labels_of, name_of
from miniapi.strategies.interface import Strategy, WriteContext
from miniapi.strategies.pod_template import default_template
from miniapi.strategies.pod_warnings import name_warnings, template_warnings
from miniapi.strategies.status import drop_status, keep_spec, keep_status

Fields = dict[str, Any]
_UID_LABELS: Final = ("batch.kubernetes.io/controller-uid", "controller-uid")
_NAME_LABELS: Final = ("batch.kubernetes.io/job-name", "job-name")
_MAX_INT32: Final = (1 << 31) - 1
_ORPHAN_WARNING: Final = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
    "or set propagationPolicy=Orphan to suppress this warning"
)
_ZONE_WARNING: Final = (
    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)


def _default_parts(spec: Fields) -> None:
    """What is defaulted in jobs and in cron jobs' templates alike."""
    default_template(spec.setdefault("template", {}))
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern["status"] = pattern.get("status") or "True"


def _default_job(job: Object) -> None:
    spec: Fields = job.setdefault("spec", {})
    _default_parts(spec)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6 if spec.get("backoffLimitPerIndex") is None else _MAX_INT32)
    template_labels = (spec["template"].get("metadata") or {}).get("labels")
    if template_labels and not labels_of(job):
        job.setdefault("metadata", {})["labels"] = dict(template_labels)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    failed = spec.get("podFailurePolicy") is not None
    spec.setdefault("podReplacementPolicy", "Failed" if failed else "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)


def _create_job(job: Object, ctx: WriteContext) -> None:
    drop_status(job, ctx)
    spec: Fields = job["spec"]
    if not spec.get("manualSelector"):
        _generate_selector(job, spec)


def _generate_selector(job: Object, spec: Fields) -> None:
    """The job's uid and name become labels of its pods, and its uid the selector."""
    meta, template_meta = job["metadata"], spec["template"].setdefault("metadata", {})
    labels = dict(template_meta.get("labels") or {})
    inherits = bool(labels) and meta.get("labels") == labels
    for keys, value in ((_UID_LABELS, meta.get("uid") or ""), (_NAME_LABELS, meta.get("name") or "")):
        for key in keys:
            labels.setdefault(key, value)
    template_meta["labels"] = labels
    selector = spec.setdefault("selector", {})
    selector.setdefault("matchLabels", {}).setdefault(_UID_LABELS[0], meta.get("uid") or "")
    if inherits:
        meta["labels"] = dict(labels)


def _inherit_labels(job: Object) -> None:
    """A job without labels has its pods' once it is read back from the store."""
    template_meta = (job["spec"].get("template") or {}).get("metadata") or {}
    if not job["metadata"].get("labels") and template_meta.get("labels"):
        job["metadata"]["labels"] = dict(template_meta["labels"])


def _warn_job(job: Object, _ctx: WriteContext) -> list[str]:
    return name_warnings(name_of(job), "Pod names and hostnames") + _job_spec_warnings(job.get("spec") or {}, "spec")


def _job_spec_warnings(spec: Fields, path: str) -> list[str]:
    """WarningsForJobSpec."""
    found: list[str] = []
    completions, parallelism = spec.get("completions") or 0, spec.get("parallelism") or 0
    if spec.get("completionMode") == "Indexed" and completions > 100_000 and parallelism > 10_000:
        found.append(
            f"{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than "
            "10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        )
    return found + template_warnings(spec.get("template") or {}, f"{path}.template")


def _warn_job_update(job: Object, old: Object, _ctx: WriteContext) -> list[str]:
    changed = job["metadata"].get("generation") != old["metadata"].get("generation")
    return _job_spec_warnings(job.get("spec") or {}, "spec") if changed else []


def _default_cron_job(obj: Object) -> None:
    spec: Fields = obj.setdefault("spec", {})
    template: Fields = spec.setdefault("jobTemplate", {})
    template.setdefault("metadata", {})
    _default_parts(template.setdefault("spec", {}))
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)


def _warn_cron_job(obj: Object, _ctx: WriteContext) -> list[str]:
    template = (obj.get("spec") or {}).get("jobTemplate") or {}
    found = name_warnings(name_of(obj), "Pod names and hostnames")
    return found + _job_spec_warnings(template.get("spec") or {}, "spec.jobTemplate.spec")


def _warn_cron_update(obj: Object, old: Object, _ctx: WriteContext) -> list[str]:
    spec = obj.get("spec") or {}
    found: list[str] = []
    if obj["metadata"].get("generation") != old["metadata"].get("generation"):
        found = _job_spec_warnings((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")
    return [*found, _ZONE_WARNING] if "TZ" in (spec.get("schedule") or "") else found


def _succeeded(job: Object) -> str:
    return str((job.get("status") or {}).get("succeeded") or 0)


JOB = Strategy(
    default=_default_job,
    prepare_create=_create_job,
    canonicalize=_inherit_labels,
    prepare_update=keep_status,
    warnings_create=_warn_job,
    warnings_update=_warn_job_update,
    tracks_generation=True,
    selectable_fields={"status.successful": _succeeded},
    unknown_field='field label "{field}" not supported for Job',
    orphans_by_default=True,
    orphan_warning=_ORPHAN_WARNING,
)
JOB_STATUS = Strategy(default=_default_job, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
CRON_JOB = Strategy(
    default=_default_cron_job,
    prepare_create=drop_status,
    prepare_update=keep_status,
    warnings_create=_warn_cron_job,
    warnings_update=_warn_cron_update,
    tracks_generation=True,
)
CRON_JOB_STATUS = Strategy(default=_default_cron_job, prepare_update=keep_spec, reset_fields=frozenset({"spec"}))
