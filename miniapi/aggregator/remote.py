"""The groups and versions that others serve, and the way there: proxying with the caller's identity in headers."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from urllib.parse import quote

from multidict import CIMultiDict

from miniapi.client.informers import SharedInformer
from miniapi.client.outbound import ProxyTransport, Trust
from miniapi.client.services import ServiceResolver, ServiceUnavailable
from miniapi.endpoints.context import Context
from miniapi.meta.objects import Object
from miniapi.meta.user import UserInfo
from miniapi.wire import Reply, Request

log = logging.getLogger("miniapi.aggregator")

TEXT = "text/plain; charset=utf-8"
DEFAULT_PORT = 443
NOT_FORWARDED = frozenset(
    (
        *("authorization", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("te", "trailer", "transfer-encoding", "upgrade", "content-length", "host"),
    )
)
"""Headers of one hop, and the caller's own credential."""
KEY_SAFE = "!#$&'*+-.^_`|~"
"""Besides letters and digits: what a header's name may hold (RFC 9110 token), less the percent sign."""


@dataclass(frozen=True, slots=True)
class Remote:
    """One APIService with a service."""

    name: str
    group: str
    version: str
    service_namespace: str
    service_name: str
    port: int
    trust: Trust
    available: bool


@dataclass(frozen=True, slots=True)
class ProxyIdentity:
    """What the server shows to those it forwards to (--proxy-client-cert-file, --proxy-client-key-file)."""

    certificate_file: str = ""
    key_file: str = ""


class RemoteServices:
    """The table of remote APIServices, kept by their informer."""

    def __init__(self, api_services: SharedInformer, identity: ProxyIdentity) -> None:
        self._informer, self._identity = api_services, identity
        self._table: dict[tuple[str, str], Remote] = {}
        self._changes = -1

    def table(self) -> dict[tuple[str, str], Remote]:
        """By group and version."""
        if self._changes != self._informer.changes:
            self._changes = self._informer.changes
            found = [self._remote(o) for o in self._informer.list() if o["spec"].get("service")]
            self._table = {(r.group, r.version): r for r in found}
        return self._table

    def _remote(self, obj: Object) -> Remote:
        spec = obj["spec"]
        service = spec["service"]
        trust = Trust(
            base64.b64decode(spec.get("caBundle") or ""),
            bool(spec.get("insecureSkipTLSVerify")),
            f"{service['name']}.{service['namespace']}.svc",
            self._identity.certificate_file,
            self._identity.key_file,
        )
        conditions = (obj.get("status") or {}).get("conditions") or ()
        return Remote(
            obj["metadata"]["name"],
            spec["group"],
            spec["version"],
            service["namespace"],
            service["name"],
            service.get("port") or DEFAULT_PORT,
            trust,
            any(c["type"] == "Available" and c["status"] == "True" for c in conditions),
        )


class Proxy:
    """Forwards what remote services serve (kube-aggregator's proxyHandler)."""

    def __init__(self, services: RemoteServices, resolver: ServiceResolver, transport: ProxyTransport) -> None:
        self._services, self._resolver, self._transport = services, resolver, transport

    async def serve(self, context: Context) -> Reply | None:
        """None for what this server serves itself."""
        table = self._services.table()
        if not table:
            return None
        parts = context.request.path.split("/", 4)
        remote = table.get((parts[2], parts[3])) if len(parts) > 3 else None
        if remote is None:
            return None
        if not remote.available:
            return _unavailable("service unavailable")
        if context.request.headers.get("Upgrade"):
            return Reply(501, b"upgraded connections to aggregated servers are not built yet\n", TEXT)
        try:
            return await self.forward(remote, context.request, context.user)
        except ServiceUnavailable as problem:
            log.warning("APIService %s: %s", remote.name, problem)
            return _unavailable("service unavailable")
        except ConnectionError as problem:
            log.warning("APIService %s: %s", remote.name, problem)
            return _unavailable(f"error trying to reach service: {problem}")

    async def forward(self, remote: Remote, request: Request, user: UserInfo | None) -> Reply:
        """The remote's answer. ServiceUnavailable and ConnectionError where there is none."""
        address = await self._resolver.resolve(remote.service_namespace, remote.service_name, remote.port)
        headers = CIMultiDict((k, v) for k, v in request.headers.items() if _forwarded(k))
        headers.extend(_identity(user))
        path = f"https://{address}{quote(request.path, safe=PATH_SAFE)}"
        reply = await self._transport.send(
            Request(request.method, path, request.query, headers, request.read), remote.trust
        )
        reply.headers = [(k, v) for k, v in reply.headers if k.lower() not in NOT_FORWARDED]
        return reply


PATH_SAFE = "/:@!$&'()*+,;=~"


def _unavailable(text: str) -> Reply:
    return Reply(503, f"{text}\n".encode(), TEXT, [("X-Content-Type-Options", "nosniff")])


def _forwarded(header: str) -> bool:
    name = header.lower()
    return name not in NOT_FORWARDED and not name.startswith(("x-remote-", "impersonate-"))


def _identity(user: UserInfo | None) -> list[tuple[str, str]]:
    """The headers by which the remote server knows the caller (request-header authentication)."""
    if user is None:
        return []
    headers = [("X-Remote-User", user.name)]
    headers += [("X-Remote-Uid", user.uid)] if user.uid else []
    headers += [("X-Remote-Group", group) for group in user.groups]
    for key, values in user.extra.items():
        headers += [(f"X-Remote-Extra-{quote(key, safe=KEY_SAFE)}", value) for value in values]
    return headers
