"""pods/log: what a container wrote, from its kubelet (pkg/registry/core/pod/rest/log.go)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from multidict import CIMultiDict

from miniapi import errors
from miniapi.codec.negotiate import negotiate
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import truthy
from miniapi.endpoints.scope import Scope
from miniapi.kube.handlers.connect import read
from miniapi.kube.handlers.kubelets import Kubelets
from miniapi.kube.handlers.pod_streams import Query, container_of
from miniapi.kube.handlers.upgrade_aware_proxy import Dialer
from miniapi.registry.resource import Resource
from miniapi.validation import field
from miniapi.validation.field import ErrorList
from miniapi.wire import Reply, Request, no_body

MAX_PROBLEM_BYTES = 50_000
_BOOLEANS = ("follow", "previous", "timestamps")
_NUMBERS = ("sinceSeconds", "tailLines", "limitBytes")


@dataclass(frozen=True, slots=True)
class PodLog:
    """Handler."""

    pods: Resource
    kubelets: Kubelets
    dialer: Dialer

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """The text; 204 where the pod runs nowhere yet, 404 where its node is missing, 500 where the kubelet is."""
        del scope
        info = context.info
        negotiate("*/*", info.query, protobuf=True)
        options = _options(info.query)
        problems = _validate(options)
        if problems:
            raise errors.invalid("PodLogOptions", "", info.name, [p.cause() for p in problems])
        pod = await read(self.pods, "pods", info.namespace, info.name)
        container = container_of(pod, options.get("container", ""))
        node = pod["spec"].get("nodeName")
        if not node:
            return Reply(204, b"", "")
        at = await self.kubelets.locate(node)
        location = replace(at, path=f"/containerLogs/{info.namespace}/{info.name}/{container}", query=_query(options))
        url = f"{location.scheme}://{location.authority}{location.target}"
        try:
            reply = await self.dialer.send(Request("GET", url, "", CIMultiDict(), no_body), location.trust)
        except OSError as problem:
            raise errors.server_error(f'Get "{url}": {problem}') from None
        if not 200 <= reply.status <= 206:
            raise await _refusal(reply)
        return Reply(200, b"", "text/plain", [], reply.stream)


def _options(query: Query) -> dict[str, Any]:
    """v1.PodLogOptions; 400 for what cannot be read."""
    options: dict[str, Any] = {}
    for name, value in query:
        if name in options:
            continue
        if name in ("container", "sinceTime"):
            options[name] = value
        elif name in _BOOLEANS:
            options[name] = truthy(value)
        elif name in _NUMBERS:
            try:
                options[name] = int(value)
            except ValueError:
                raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
    return options


def _validate(options: dict[str, Any]) -> ErrorList:
    """ValidatePodLogOptions."""
    found: ErrorList = []
    if options.get("tailLines", 0) < 0:
        found.append(field.invalid("tailLines", options["tailLines"], "must be greater than or equal to 0"))
    if options.get("limitBytes", 1) < 1:
        found.append(field.invalid("limitBytes", options["limitBytes"], "must be greater than 0"))
    if "sinceSeconds" in options and "sinceTime" in options:
        found.append(field.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    elif options.get("sinceSeconds", 1) < 1:
        found.append(field.invalid("sinceSeconds", options["sinceSeconds"], "must be greater than 0"))
    return found


def _query(options: dict[str, Any]) -> str:
    pairs = [(name, "true") for name in _BOOLEANS if options.get(name)]
    pairs += [(name, str(options[name])) for name in (*_NUMBERS, "sinceTime") if name in options]
    return urlencode(sorted(pairs))


async def _refusal(reply: Reply) -> errors.ApiError:
    """What the kubelet complains of (GenericHttpResponseChecker)."""
    text = reply.body
    if reply.stream is not None:
        async for chunk in reply.stream:
            text += chunk
            if len(text) >= MAX_PROBLEM_BYTES:
                break
    told = text[:MAX_PROBLEM_BYTES].decode("utf-8", "replace")
    if reply.status == 500:
        return errors.internal(told)
    if reply.status == 400:
        return errors.bad_request(told)
    return errors.ApiError(reply.status, "", told)
