"""Cron jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object, name_of
from miniapi.validation import field, rules
from miniapi.validation.cron import check_schedule, is_known_zone
from miniapi.validation.field import ErrorList
from miniapi.validation.interface import Validation
from miniapi.validation.job import job_spec
from miniapi.validation.selector import shown_selector

NAME_MAX_BYTES = 52
"""A job's name is the cron job's and a suffix of 11."""
_time_zone_part = re.compile(r"[A-Za-z.\-_0-9+]{1,14}").fullmatch


def _spec(spec: Mapping[str, Any], before: Mapping[str, Any] | None) -> ErrorList:
    errors: ErrorList = []
    if schedule := spec.get("schedule"):
        zone_in_schedule = before is not None and "TZ" in (before.get("schedule") or "")
        errors += _schedule(schedule, zone_in_schedule, spec.get("timeZone"))
    else:
        errors.append(field.required("spec.schedule"))
    errors += rules.not_negative_fields(spec, "spec", "startingDeadlineSeconds")
    if before is None or before.get("timeZone") != spec.get("timeZone"):
        errors += _time_zone(spec.get("timeZone"), "spec.timeZone")
    policies = ("Allow", "Forbid", "Replace")
    errors += rules.choice("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), policies)
    job, at = (spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec"
    errors += job_spec(job, at)
    if (selector := job.get("selector")) is not None:
        why = "`selector` will be auto-generated"
        errors.append(field.invalid(field.child(at, "selector"), shown_selector(selector), why))
    if job.get("manualSelector"):
        errors.append(field.not_supported(field.child(at, "manualSelector"), True, ("nil", "false")))
    return errors + rules.not_negative_fields(spec, "spec", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")


def _schedule(schedule: str, zone_allowed: bool, time_zone: str | None) -> ErrorList:
    path = "spec.schedule"
    errors: ErrorList = []
    try:
        check_schedule(schedule)
    except ValueError as problem:
        errors.append(field.invalid(path, schedule, str(problem)))
    if "TZ" in schedule:
        if not zone_allowed:
            why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            errors.append(field.invalid(path, schedule, why))
        elif time_zone is not None:
            why = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
            errors.append(field.invalid(path, schedule, why))
    return errors


def _time_zone(zone: str | None, path: str) -> ErrorList:
    if zone is None:
        return []
    if not zone:
        return [field.invalid(path, zone, "timeZone must be nil or non-empty string")]
    unknown = field.invalid(path, zone, f"unknown time zone {zone}")
    for part in zone.split("/"):
        if part in (".", "..") or part.startswith("-") or not _time_zone_part(part):
            return [unknown]
    if zone.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        return [field.invalid(path, zone, why)]
    return [] if zone == "UTC" or is_known_zone(zone) else [unknown]


def _create(obj: Object) -> ErrorList:
    errors = _spec(obj.get("spec") or {}, None)
    name = name_of(obj)
    if names.size(name) > NAME_MAX_BYTES:
        errors.append(field.invalid("metadata.name", name, names.max_length(NAME_MAX_BYTES)))
    return errors


def _update(obj: Object, old: Object) -> ErrorList:
    return _spec(obj.get("spec") or {}, old.get("spec") or {})


CRON_JOB = Validation(_create, _update, names.name_is_dns_subdomain)
CRON_JOB_STATUS = Validation(name=names.name_is_dns_subdomain)
