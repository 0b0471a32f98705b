"""pods/exec, attach and portforward: the client talks with the kubelet (pkg/registry/core/pod/rest/subresources.go)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from miniapi import errors
from miniapi.authz.forbidden import denied
from miniapi.authz.interface import Authorizer
from miniapi.endpoints.context import Context
from miniapi.endpoints.filters.authorization import attributes_of
from miniapi.endpoints.parameters import truthy
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import user_of
from miniapi.kube.handlers.connect import admit, read
from miniapi.kube.handlers.kubelets import Kubelets
from miniapi.kube.handlers.upgrade_aware_proxy import Dialer, is_upgrade, upgrade
from miniapi.meta.objects import Object
from miniapi.meta.pods import containers_with_path
from miniapi.meta.user import MASTERS_GROUP
from miniapi.registry.resource import Resource
from miniapi.wire import Reply

Query = Iterable[tuple[str, str]]
_FLAGS = (("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty"))
"""Names in the API and in the kubelet's."""


def container_of(pod: Object, asked: str) -> str:
    """The container meant; 400 where there is none of that name, or several and none was named."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    every = [c["name"] for c, _ in containers_with_path(spec, "")]
    if asked:
        if asked not in every:
            raise errors.bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(spec.get("containers") or ()) == 1:
        return str(spec["containers"][0]["name"])
    choice = f", choose one of: [{' '.join(every)}]" if spec.get("containers") else ""
    raise errors.bad_request(f"a container name must be specified for pod {name}{choice}")


@dataclass(frozen=True, slots=True)
class PodStream:
    """Handler of one of the three."""

    pods: Resource
    kubelets: Kubelets
    dialer: Dialer
    authorizer: Authorizer

    async def serve(self, context: Context, scope: Scope) -> Reply:
        """The kubelet's answer; 400 where the pod runs nowhere or no upgrade is asked for, 404 without its node."""
        info = context.info
        await self._check_create(context)
        options = _options(info.subresource, info.query)
        await admit(context, scope, options)
        pod = await read(self.pods, "pods", info.namespace, info.name)
        forward = info.subresource == "portforward"
        container = "" if forward else container_of(pod, options.get("container", ""))
        node = pod["spec"].get("nodeName")
        if not node:
            raise errors.bad_request(f"pod {info.name} does not have a host assigned")
        at = await self.kubelets.locate(node)
        path = f"/{'portForward' if forward else info.subresource}/{info.namespace}/{info.name}"
        location = replace(at, path=path if forward else f"{path}/{container}", query=_query(options))
        if not is_upgrade(context):
            raise errors.bad_request("Upgrade request required")
        return await upgrade(context, self.dialer, location)

    async def _check_create(self, context: Context) -> None:
        """403 for who may only `get`: browsers cannot open WebSockets by POST, but running something is no read."""
        user = user_of(context)
        websocket = is_upgrade(context) and context.request.headers.get("Upgrade", "").lower() == "websocket"
        if context.info.verb != "get" or not websocket or MASTERS_GROUP in user.groups:
            return
        question = replace(attributes_of(context), verb="create")
        decision = await self.authorizer.authorize(question)
        if decision.verdict != "allow":
            raise denied(question, decision.reason)


def _options(subresource: str, query: Query) -> dict[str, Any]:
    """PodExecOptions, PodAttachOptions or PodPortForwardOptions, with their defaults."""
    given = list(query)
    if subresource == "portforward":
        ports = [_port(p) for name, value in given if name == "ports" for p in value.split(",")]
        return {"ports": ports} if ports else {}
    options: dict[str, Any] = {"stdout": True, "stderr": True} if subresource == "attach" else {}
    for name, value in given:
        if name == "command":
            options.setdefault("command", []).append(value)
        elif name == "container":
            options.setdefault("container", value)
        elif name in ("stdin", "stdout", "stderr", "tty"):
            options[name] = truthy(value)
    return options


def _port(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _query(options: dict[str, Any]) -> str:
    """The options as the kubelet takes them."""
    pairs = [(theirs, "1") for ours, theirs in _FLAGS if options.get(ours)]
    pairs += [("command", word) for word in options.get("command") or ()]
    if options.get("ports"):
        pairs.append(("port", ",".join(str(p) for p in options["ports"])))
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))
