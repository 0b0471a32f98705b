"""A job's status as its controller reports it (ValidateJobUpdateStatus).

Most rules hold only for what the update changes, so that a status that is wrong already can still be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field, indexes, rules
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation

Part = Mapping[str, Any]
_CONDITIONS = "status.conditions"
_MET = "SuccessCriteriaMet"


def bare_invalid(path: str, detail: str) -> field.FieldError:
    """Invalid without the value (field.OmitValueType)."""
    return field.FieldError("FieldValueInvalid", path, f"Invalid value: {detail}")


def _condition(status: Part, kind: str) -> str:
    return next((c.get("status") or "" for c in status.get("conditions") or () if c.get("type") == kind), "")


@dataclass(frozen=True, slots=True)
class _State:
    """What the conditions of a status say."""

    complete: bool
    failed: bool
    target: bool
    met: bool
    suspended: str

    @property
    def finished(self) -> bool:
        return self.complete or self.failed


def _state(status: Part) -> _State:
    complete, failed, target, met = (
        _condition(status, kind) == "True" for kind in ("Complete", "Failed", "FailureTarget", _MET)
    )
    return _State(complete, failed, target, met, _condition(status, "Suspended"))


def _counts(status: Part) -> ErrorList:
    errors = rules.not_negative_fields(status, "status", "active", "succeeded", "failed", "ready", "terminating")
    seen: set[str] = set()
    uncounted = status.get("uncountedTerminatedPods") or {}
    for kind in ("succeeded", "failed"):
        for i, uid in enumerate(uncounted.get(kind) or ()):
            at = f"status.uncountedTerminatedPods.{kind}[{i}]"
            if not uid:
                errors.append(field.invalid(at, uid, "must not be empty"))
            elif uid in seen:
                errors.append(field.duplicate(at, uid))
            seen.add(uid)
    return errors


@dataclass(frozen=True, slots=True)
class _Change:
    """Two statuses of one job."""

    spec: Part
    status: Part
    old: Part
    now: _State
    before: _State

    def changed(self, *names: str) -> bool:
        """Whether a field of the status, or what its conditions say of a state, is another one."""
        return any(
            getattr(self.now, n) != getattr(self.before, n)
            if n in ("complete", "failed", "target", "met", "finished")
            else (self.status.get(n) or 0) != (self.old.get(n) or 0)
            for n in names
        )


def _ends(change: _Change) -> ErrorList:
    """How a job ends."""
    status, now, errors = change.status, change.now, ErrorList()
    done, at = status.get("completionTime"), "status.completionTime"
    if change.changed("complete", "failed") and now.complete and now.failed:
        errors.append(bare_invalid(_CONDITIONS, "cannot set Complete=True and Failed=true conditions"))
    if change.changed("complete", "target") and now.complete and now.target:
        errors.append(bare_invalid(_CONDITIONS, "cannot set Complete=True and FailureTarget=true conditions"))
    if change.changed("complete", "completionTime"):
        if done is not None and not now.complete:
            why = "cannot set completionTime when there is no Complete=True condition"
            errors.append(field.invalid(at, done, why))
        if done is None and now.complete:
            errors.append(field.required(at, "completionTime is required for Complete jobs"))
    started = status.get("startTime")
    if change.changed("startTime", "completionTime") and started and done and done < started:
        errors.append(field.invalid(at, done, "must be equal to or after `startTime`"))
    if change.changed("failed", "failedIndexes") and now.failed and not now.target:
        why = "cannot set Failed=True condition without the FailureTarget=true condition"
        errors.append(bare_invalid(_CONDITIONS, why))
    if change.changed("complete", "met") and now.complete and not now.met:
        why = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"
        errors.append(bare_invalid(_CONDITIONS, why))
    return errors


def _finished(change: _Change) -> ErrorList:
    """What a finished job has no more, and what it must have."""
    status, errors = change.status, ErrorList()
    if not change.now.finished:
        return errors
    active, uncounted = status.get("active") or 0, status.get("uncountedTerminatedPods")
    if change.changed("finished", "active") and active > 0:
        errors.append(field.invalid("status.active", active, "active>0 is invalid for finished job"))
    never_ran = change.spec.get("suspend") is True and change.spec.get("completions") == 0
    if change.changed("finished", "startTime") and not never_ran and status.get("startTime") is None:
        errors.append(field.required("status.startTime", "startTime is required for finished job"))
    if change.changed("finished", "uncountedTerminatedPods") and uncounted and any(uncounted.values()):
        shown = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        errors.append(field.invalid("status.uncountedTerminatedPods", shown, "must be empty for finished job"))
    return errors


def _indexes(change: _Change) -> ErrorList:
    spec, status, errors = change.spec, change.status, ErrorList()
    completed, failed = status.get("completedIndexes") or "", status.get("failedIndexes")
    completions, per_index = spec.get("completions"), spec.get("backoffLimitPerIndex")
    texts = (("completedIndexes", completed, True), ("failedIndexes", failed, per_index is not None))
    for name, text, counts in texts:
        if change.changed(name) and completions is not None and counts and text is not None:
            try:
                indexes.count(text, completions)
            except ValueError as problem:
                errors.append(field.invalid(f"status.{name}", text, f"error parsing {name}: {problem}"))
    if change.changed("completedIndexes") and completed and spec.get("completionMode") != "Indexed":
        why = "cannot set non-empty completedIndexes when non-indexed completion mode"
        errors.append(field.invalid("status.completedIndexes", completed, why))
    at = "status.failedIndexes"
    if change.changed("failedIndexes") and per_index is None and failed is not None:
        why = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
        errors.append(field.invalid(at, failed, why))
    if change.changed("failedIndexes", "completedIndexes") and completions is not None and failed is not None:
        if (both := indexes.overlap(completed, failed, completions)) is not None:
            why = f"failedIndexes and completedIndexes overlap at index: {both}"
            errors.append(field.invalid(at, failed, why))
    return errors


def _pods(change: _Change) -> ErrorList:
    status, now, errors = change.status, change.now, ErrorList()
    terminating, ready, active = status.get("terminating") or 0, status.get("ready") or 0, status.get("active") or 0
    if change.changed("finished", "terminating") and terminating > 0 and now.finished:
        errors.append(field.invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"))
    if change.changed("ready", "active") and status.get("ready") is not None and ready > active:
        errors.append(field.invalid("status.ready", ready, "cannot set more ready pods than active"))
    for other, name in ((now.failed, "Failed"), (now.target, "FailureTarget")):
        if now.met and other:
            why = f"cannot set SuccessCriteriaMet=True and {name}=true conditions"
            errors.append(bare_invalid(_CONDITIONS, why))
    if change.spec.get("successPolicy") is not None and not now.met and now.complete:
        why = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"
        errors.append(bare_invalid(_CONDITIONS, why))
    return errors


def _transitions(change: _Change) -> ErrorList:
    """What cannot be taken back."""
    status, old, now, before, errors = change.status, change.old, change.now, change.before, ErrorList()
    kinds = (("Failed", "failed"), ("Complete", "complete"), ("FailureTarget", "target"))
    for shown, name in kinds:
        if getattr(before, name) and not getattr(now, name):
            errors.append(bare_invalid(_CONDITIONS, f"cannot disable the terminal {shown}=True condition"))
    spec = change.spec
    elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    for name in ("failed", "succeeded"):
        count = status.get(name) or 0
        if count < (old.get(name) or 0) and not (name == "succeeded" and elastic):
            errors.append(field.invalid(f"status.{name}", count, f"cannot decrease the {name} counter"))
    done, done_before = status.get("completionTime"), old.get("completionTime")
    if done and done_before and done != done_before:
        errors.append(field.invalid("status.completionTime", done, field.IMMUTABLE))
    started, resuming = status.get("startTime"), before.suspended == "True" and now.suspended == "False"
    if old.get("startTime") and started != old["startTime"] and not resuming and not spec.get("suspend"):
        why = "field is immutable for unsuspended job once set"
        errors.append(field.invalid("status.startTime", started, why))
    if before.met and not now.met:
        errors.append(bare_invalid(_CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition"))
    if before.complete and not before.met and now.met:
        why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"
        errors.append(bare_invalid(_CONDITIONS, why))
    return errors


def _update(job: Object, old: Object) -> ErrorList:
    status, before = job.get("status") or {}, old.get("status") or {}
    change = _Change(job.get("spec") or {}, status, before, _state(status), _state(before))
    errors = _counts(status) + _ends(change) + _finished(change) + _indexes(change)
    return errors + _pods(change) + _transitions(change)


JOB_STATUS = Validation(update=_update, name=names.name_is_dns_subdomain)
