"""A page of a collection, as resourceVersion, resourceVersionMatch, limit and continue ask for it.

What is read at which revision follows apiserver/pkg/storage (ValidateListOptions, etcd3's GetList).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from miniapi import errors
from miniapi.endpoints.parameters import ListOptions
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import Selection
from miniapi.registry import continuation
from miniapi.registry.problems import told
from miniapi.storage.interface import RevisionCompacted, RevisionInFuture, Stored, StoreUnavailable

FUTURE_WAIT_SECONDS = 3.0
"""How long a read waits for a resource version that has not been reached."""
POLL_SECONDS = 0.05
EXPIRED = "The resourceVersion for the provided list is too old."
CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list answers."""

    items: Sequence[Stored]
    revision: int
    continue_token: str = ""
    remaining: int | None = None


def parse_resource_version(version: str) -> int:
    """strconv.ParseUint; ValueError with its words."""
    if not _DIGITS.fullmatch(version):
        raise ValueError(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if int(version) >= 2**64:
        raise ValueError(f'strconv.ParseUint: parsing "{version}": value out of range')
    return int(version)


def field_problem(version: str, problem: ValueError) -> str:
    """How the versioner tells a resource version that it cannot read."""
    return f'resourceVersion: Invalid value: "{version}": {problem}'


async def reach(scope: Scope, wanted: int) -> None:
    """Waits for a resource version; 504 where it does not come in time."""
    resource = scope.versioned.resource
    current = await resource.revision()
    waited = 0.0
    while current < wanted:
        if waited >= FUTURE_WAIT_SECONDS:
            raise errors.too_large_resource_version(wanted, current)
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
        current = await resource.revision()


async def read_page(scope: Scope, namespace: str, options: ListOptions, selection: Selection) -> Listed:
    """400, 410, 503 or 504 where it cannot be had."""
    after, revision = await _where(scope, options)
    resource = scope.versioned.resource
    try:
        items, read_at, more, remaining = await _read(scope, namespace, options, selection, after, revision)
    except RevisionCompacted:
        expired = errors.expired(CONTINUE_EXPIRED if options.continue_token else EXPIRED)
        if options.continue_token:
            expired.continue_token = continuation.encode(after, continuation.LATEST)
        raise expired from None
    except (RevisionInFuture, StoreUnavailable) as problem:
        raise told(problem) from None
    if not more or not items:
        return Listed(items, read_at)
    token = continuation.encode(items[-1].key.removeprefix(resource.scope(namespace)), read_at)
    return Listed(items, read_at, token, remaining if selection.everything else None)


async def _where(scope: Scope, options: ListOptions) -> tuple[str, int]:
    """-> (last key already sent, revision to read at or 0 for now)."""
    version = options.resource_version
    if options.continue_token:
        after, revision = continuation.decode(options.continue_token)
        if version and version != "0":
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        return after, max(revision, 0)
    if not version:
        return "", 0
    try:
        wanted = parse_resource_version(version)
    except ValueError as problem:
        raise errors.bad_request(f"invalid resource version: {field_problem(version, problem)}") from None
    if not wanted:
        return "", 0
    await reach(scope, wanted)
    exact = options.resource_version_match == "Exact" or (not options.resource_version_match and options.limit > 0)
    return "", wanted if exact else 0


async def _read(
    scope: Scope, namespace: str, options: ListOptions, selection: Selection, after: str, revision: int
) -> tuple[list[Stored], int, bool, int]:
    """-> (items, revision read at, is there more, how many more)."""
    resource = scope.versioned.resource
    any_revision = options.resource_version == "0"
    limit = 0 if any_revision else max(options.limit, 0)
    if any_revision and not after:
        page = await resource.scan_any(namespace)
    else:
        page = await resource.scan(namespace, after=after, limit=limit, revision=revision)
    if selection.everything:
        return list(page.items), page.revision, page.more, page.remaining
    matches, attributes = selection.matches, scope.versioned.attributes
    chosen: list[Stored] = []
    while True:
        for position, found in enumerate(page.items):
            if selection.name and not found.key.endswith("/" + selection.name):
                continue
            if matches(attributes(found)):
                chosen.append(found)
                if limit and len(chosen) == limit:
                    return chosen, page.revision, page.more or position + 1 < len(page.items), 0
        if not page.more:
            return chosen, page.revision, False, 0
        last = page.items[-1].key.removeprefix(resource.scope(namespace))
        page = await resource.scan(namespace, after=last, limit=limit, revision=page.revision)
