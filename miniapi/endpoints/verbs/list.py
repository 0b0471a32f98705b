"""GET of a collection."""

from __future__ import annotations

import asyncio

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints import respond
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import ListOptions, list_options
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.selection import Selection, compile_selection
from miniapi.registry import continuation
from miniapi.registry.problems import told
from miniapi.storage.interface import RevisionCompacted, RevisionInFuture, Stored, StoreUnavailable
from miniapi.wire import Reply

FUTURE_WAIT_SECONDS = 3.0
"""How long a list waits for a resource version that has not been reached."""
POLL_SECONDS = 0.05
CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


async def serve(context: Context, scope: Scope) -> Reply:
    """The collection at one revision."""
    info = context.info
    options = list_options(info.query, watch=False)
    negotiated = negotiate(context.request.headers.get("Accept", ""), info.query, protobuf=scope.protobuf, listing=True)
    selection = compile_selection(scope.kind, options)
    after, revision = await _where(scope, options)
    try:
        items, read_at, more, remaining = await _read(scope, info.namespace, options, selection, after, revision)
    except RevisionCompacted as problem:
        if options.continue_token:
            token = continuation.encode(after, await scope.versioned.resource.revision())
            raised = errors.expired(CONTINUE_EXPIRED)
            raised.headers = []
            raise _with_continue(raised, token) from None
        raise told(problem) from None
    except (RevisionInFuture, StoreUnavailable) as problem:
        raise told(problem) from None
    token = ""
    if more and items:
        token = continuation.encode(items[-1].key.removeprefix(scope.versioned.resource.scope(info.namespace)), read_at)
    count = remaining if more and selection.everything else None
    return respond.collection(scope, items, respond.list_metadata(read_at, token, count), negotiated)


def _with_continue(problem: errors.ApiError, _token: str) -> errors.ApiError:
    return problem


async def _where(scope: Scope, options: ListOptions) -> tuple[str, int]:
    """-> (last key already sent, revision to read at or 0 for now)."""
    version = options.resource_version
    if options.continue_token:
        after, revision = continuation.decode(options.continue_token)
        if version and version != "0":
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        return after, revision
    if not version or version == "0":
        return "", 0
    if not version.isdigit():
        raise errors.bad_request(f'Invalid value: {version!r}: strconv.ParseUint: parsing "{version}": invalid syntax')
    wanted = int(version)
    current = await scope.versioned.resource.revision()
    waited = 0.0
    while current < wanted and waited < FUTURE_WAIT_SECONDS:
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
        current = await scope.versioned.resource.revision()
    if current < wanted:
        raise errors.too_large_resource_version(wanted, current)
    exact = options.resource_version_match == "Exact" or (not options.resource_version_match and options.limit > 0)
    return "", wanted if exact else 0


async def _read(
    scope: Scope, namespace: str, options: ListOptions, selection: Selection, after: str, revision: int
) -> tuple[list[Stored], int, bool, int]:
    """-> (items, revision read at, is there more, how many more)."""
    resource = scope.versioned.resource
    any_revision = options.resource_version == "0"
    limit = 0 if any_revision else options.limit
    if any_revision and not after:
        page = await resource.scan_any(namespace)
    else:
        page = await resource.scan(namespace, after=after, limit=limit, revision=revision)
    if selection.everything:
        return list(page.items), page.revision, page.more, page.remaining
    matches, view = selection.matches, scope.versioned.object
    chosen: list[Stored] = []
    while True:
        for position, found in enumerate(page.items):
            if selection.name and not found.key.endswith("/" + selection.name):
                continue
            if matches(view(found)):
                chosen.append(found)
                if limit and len(chosen) == limit:
                    return chosen, page.revision, page.more or position + 1 < len(page.items), 0
        if not page.more:
            return chosen, page.revision, False, 0
        last = page.items[-1].key.removeprefix(resource.scope(namespace))
        page = await resource.scan(namespace, after=last, limit=limit, revision=page.revision)
