"""Query parameters of lists, watches and writes, with the original's complaints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from miniapi import errors
from miniapi.errors import Cause

FIELD_VALIDATION = ("Ignore", "Warn", "Strict")
MAX_MANAGER_CHARS = 128


def truthy(value: str) -> bool:
    """How the original reads a boolean parameter: present and not false."""
    return value.lower() not in ("false", "0", "f")


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


def _integer(value: str) -> int:
    """strconv.ParseInt, whose words the 400 repeats."""
    if not value:
        return 0
    if not value.lstrip("+-").isdecimal():
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
            options.limit = _integer(value)
        elif name == "continue":
            options.continue_token = value
        elif name == "timeoutSeconds":
            options.timeout_seconds = _integer(value)
        elif name == "allowWatchBookmarks":
            options.allow_bookmarks = truthy(value)
        elif name == "sendInitialEvents":
            options.send_initial_events = truthy(value)
    causes = _inconsistent(options)
    if causes:
        raise errors.invalid("ListOptions", "meta.k8s.io", "", causes)
    return options


def _inconsistent(o: ListOptions) -> list[Cause]:
    """metav1 validation.ValidateListOptions."""
    causes: list[Cause] = []

    def forbid(field: str, why: str) -> None:
        causes.append(Cause("FieldValueForbidden", f"Forbidden: {why}", field))

    match = o.resource_version_match
    if o.watch and match and o.send_initial_events is None:
        forbid(
            "resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        )
    if o.send_initial_events is not None:
        if not o.watch:
            forbid("sendInitialEvents", "sendInitialEvents is forbidden for list")
        elif not match and o.send_initial_events:
            forbid(
                "resourceVersionMatch",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            )
        elif match and match != "NotOlderThan":
            causes.append(
                Cause(
                    "FieldValueNotSupported",
                    f'Unsupported value: "{match}": supported values: "NotOlderThan"',
                    "resourceVersionMatch",
                )
            )
        if o.continue_token:
            forbid("continue", "continue is forbidden when sendInitialEvents is provided")
        return causes
    if match and not o.watch:
        if o.continue_token:
            forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
        if not o.resource_version:
            forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
        if match not in ("Exact", "NotOlderThan"):
            causes.append(
                Cause(
                    "FieldValueNotSupported",
                    f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""',
                    "resourceVersionMatch",
                )
            )
        if match == "Exact" and o.resource_version == "0":
            forbid("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
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


def dry_run_causes(values: list[str], kind: str) -> list[Cause]:
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
    dry: list[str] = []
    for name, value in query:
        if name == "dryRun":
            dry.append(value)
        elif name == "fieldManager":
            options.field_manager = options.field_manager or value
        elif name == "fieldValidation":
            options.field_validation = options.field_validation or value
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
    causes += _manager_causes(options.field_manager)
    causes += dry_run_causes([d for d in dry if d], kind)
    if options.field_validation and options.field_validation not in FIELD_VALIDATION:
        causes.append(
            Cause(
                "FieldValueNotSupported",
                f'Unsupported value: "{options.field_validation}": supported values: "Ignore", "Strict", "Warn"',
                "fieldValidation",
            )
        )
    if causes:
        raise errors.invalid(kind, "meta.k8s.io", "", causes)
    options.dry_run = bool([d for d in dry if d])
    return options


def _manager_causes(manager: str) -> list[Cause]:
    causes: list[Cause] = []
    if len(manager.encode()) > MAX_MANAGER_CHARS:
        causes.append(
            Cause("FieldValueTooLong", f"Too long: may not be more than {MAX_MANAGER_CHARS} bytes", "fieldManager")
        )
    if not manager.isprintable():
        causes.append(
            Cause(
                "FieldValueInvalid",
                f'Invalid value: "{manager}": should only contain printable characters',
                "fieldManager",
            )
        )
    return causes


def manager_name(options: WriteOptions, user_agent: str) -> str:
    """The field manager: as asked, or the user agent up to its slash."""
    if options.field_manager:
        return options.field_manager
    prefix = user_agent.split("/", 1)[0]
    return "".join(c for c in prefix if c.isprintable())[:MAX_MANAGER_CHARS] or "unknown"
