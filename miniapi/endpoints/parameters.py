"""Query parameters of lists, watches and writes, with the original's complaints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.errors import Cause
from miniapi.validation.metadata import field_manager

FIELD_VALIDATION = ("Ignore", "Warn", "Strict")
MAX_MANAGER_CHARS = 128
_INTEGER = re.compile(r"[-+]?[0-9]+")
_UNLESS_VERSION = "resourceVersionMatch is forbidden unless resourceVersion is provided"
_WITH_CONTINUE = "resourceVersionMatch is forbidden when continue is provided"
_EXACT_ZERO = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'


def truthy(value: str) -> bool:
    """How the original reads a boolean parameter: present and not false."""
    return value.lower() not in ("false", "0")


@dataclass(slots=True)
class ListOptions:
    """metav1.ListOptions."""

    label_selector: str = ""
    field_selector: str = ""
    watch: bool = False
    allow_bookmarks: bool = False
    resource_version: str = ""
    resource_version_match: str = ""
    timeout_seconds: int | None = None
    limit: int = 0
    continue_token: str = ""
    send_initial_events: bool | None = None


def integer(value: str) -> int:
    """strconv.ParseInt, whose words the 400 repeats."""
    if not _INTEGER.fullmatch(value):
        raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax')
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": value out of range')
    return number


def list_options(query: tuple[tuple[str, str], ...], *, watch: bool) -> ListOptions:
    """400 for what cannot be read, 422 for what does not go together."""
    options = ListOptions(watch=watch)
    seen: set[str] = set()
    for name, value in query:
        if name in seen:
            continue
        seen.add(name)
        if name == "labelSelector":
            options.label_selector = value
        elif name == "fieldSelector":
            options.field_selector = value
        elif name == "resourceVersion":
            options.resource_version = value
        elif name == "resourceVersionMatch":
            options.resource_version_match = value
        elif name == "limit":
            options.limit = integer(value)
        elif name == "continue":
            options.continue_token = value
        elif name == "timeoutSeconds":
            options.timeout_seconds = integer(value)
        elif name == "allowWatchBookmarks":
            options.allow_bookmarks = truthy(value)
        elif name == "sendInitialEvents":
            options.send_initial_events = truthy(value)
    if watch and options.resource_version in ("", "0") and options.send_initial_events is None:
        if not options.resource_version_match:  # SetListOptionsDefaults
            options.send_initial_events, options.resource_version_match = True, "NotOlderThan"
    causes = _watch_causes(options) if watch else _list_causes(options)
    if causes:
        raise errors.invalid("ListOptions", "meta.k8s.io", "", causes)
    return options


def _forbidden(field: str, why: str) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _unknown_match(match: str, supported: str) -> Cause:
    why = f'Unsupported value: "{match}": supported values: {supported}'
    return Cause("FieldValueNotSupported", why, "resourceVersionMatch")


def _list_causes(o: ListOptions) -> list[Cause]:
    """ValidateListOptions."""
    causes: list[Cause] = []
    match = o.resource_version_match
    if match:
        if not o.resource_version:
            causes.append(_forbidden("resourceVersionMatch", _UNLESS_VERSION))
        if o.continue_token:
            causes.append(_forbidden("resourceVersionMatch", _WITH_CONTINUE))
        if match not in ("Exact", "NotOlderThan"):
            causes.append(_unknown_match(match, '"Exact", "NotOlderThan", ""'))
        if match == "Exact" and o.resource_version == "0":
            causes.append(_forbidden("resourceVersionMatch", _EXACT_ZERO))
    if o.send_initial_events is not None:
        causes.append(_forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return causes


def _watch_causes(o: ListOptions) -> list[Cause]:
    """validateWatchOptions, with the WatchList feature."""
    causes: list[Cause] = []
    match = o.resource_version_match
    if o.send_initial_events is not None and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(_forbidden("resourceVersionMatch", why))
    if match:
        if o.send_initial_events is None:
            why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            causes.append(_forbidden("resourceVersionMatch", why))
        if match != "NotOlderThan":
            causes.append(_unknown_match(match, '"NotOlderThan"'))
        if o.continue_token:
            causes.append(_forbidden("resourceVersionMatch", _WITH_CONTINUE))
    return causes


@dataclass(slots=True)
class WriteOptions:
    """CreateOptions, UpdateOptions and PatchOptions."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = ""
    force: bool | None = None

    def as_object(self, kind: str) -> dict[str, Any]:
        """As admission shows them."""
        out: dict[str, Any] = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
        if self.dry_run:
            out["dryRun"] = ["All"]
        if self.field_manager:
            out["fieldManager"] = self.field_manager
        if self.field_validation:
            out["fieldValidation"] = self.field_validation
        return out


def dry_run_causes(values: list[str]) -> list[Cause]:
    """NotSupported for anything but `All`."""
    bad = [v for v in values if v != "All"]
    if not bad:
        return []
    shown = "[" + ",".join(f'"{v}"' for v in values) + "]"
    return [Cause("FieldValueNotSupported", f'Unsupported value: {shown}: supported values: "All"', "dryRun")]


def write_options(
    query: tuple[tuple[str, str], ...], kind: str, *, apply: bool = False, patch: bool = False
) -> WriteOptions:
    """422 as metav1 validation.ValidateCreateOptions and its siblings say it."""
    options = WriteOptions()
    dry = [value for name, value in query if name == "dryRun"]
    for name, value in reversed(query):  # the first of a name counts
        if name == "fieldManager":
            options.field_manager = value
        elif name == "fieldValidation":
            options.field_validation = value
        elif name == "force":
            options.force = truthy(value)
    causes: list[Cause] = []
    if patch:
        if apply:
            if not options.field_manager:
                causes.append(
                    Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
                )
        elif options.force is not None:
            causes.append(Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"))
    causes += [e.cause() for e in field_manager(options.field_manager, "fieldManager")]
    causes += dry_run_causes(dry)
    if options.field_validation and options.field_validation not in FIELD_VALIDATION:
        causes.append(
            Cause(
                "FieldValueNotSupported",
                f'Unsupported value: "{options.field_validation}": supported values: "", "Ignore", "Strict", "Warn"',
                "fieldValidation",
            )
        )
    if causes:
        raise errors.invalid(kind, "meta.k8s.io", "", causes)
    options.dry_run = bool(dry)
    return options


def manager_name(options: WriteOptions, user_agent: str) -> str:
    """The field manager: as asked, or the user agent up to its slash."""
    if options.field_manager:
        return options.field_manager
    prefix = user_agent.split("/", 1)[0]
    return "".join(c for c in prefix if c.isprintable())[:MAX_MANAGER_CHARS] or "unknown"
