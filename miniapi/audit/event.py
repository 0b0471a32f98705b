"""Audit events as the original writes them (apiserver/pkg/audit/request.go)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from miniapi.audit.interface import LEVEL_NAMES, Event, Level
from miniapi.clock import rfc3339_micro
from miniapi.meta.request_info import RequestInfo
from miniapi.meta.user import UserInfo
from miniapi.wire import Request

MAX_USER_AGENT_CHARACTERS = 1024
_STATUS_FIELDS = ("status", "message", "reason", "details", "code")


@dataclass(slots=True)
class Record:
    """What is known of a request so far; each stage writes an event of it."""

    level: Level
    audit_id: str
    request: Request
    uri: str
    info: RequestInfo
    user: UserInfo | None
    received: datetime
    impersonated: UserInfo | None = None
    constraint: str = ""
    """The narrow right that allowed the impersonation."""
    status: Mapping[str, Any] | None = None
    named: Mapping[str, Any] = field(default_factory=dict)
    """Metadata of the object that the request brought: it may name what the URL does not."""
    request_object: Any = None
    response_object: Any = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    def event(self, stage: str, at: datetime) -> Event:
        """The event, members in the original's order, empty ones left out."""
        event: Event = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": LEVEL_NAMES[self.level],
            "auditID": self.audit_id,
            "stage": stage,
            "requestURI": self.uri,
            "verb": self.info.verb,
            "user": self.user.as_dict() if self.user is not None else {},
        }
        if self.impersonated is not None:
            event["impersonatedUser"] = self.impersonated.as_dict()
        if self.constraint:
            event["authenticationMetadata"] = {"impersonationConstraint": self.constraint}
        sources = source_addresses(self.request)
        if sources:
            event["sourceIPs"] = sources
        agent = self.request.headers.get("User-Agent", "")
        if agent:
            cut = len(agent) > MAX_USER_AGENT_CHARACTERS
            event["userAgent"] = agent[:MAX_USER_AGENT_CHARACTERS] + ("...TRUNCATED" if cut else "")
        if self.info.resource_request:
            event["objectRef"] = self._reference()
        if self.status is not None:
            event["responseStatus"] = {"metadata": {}, **self.status}
        if self.request_object is not None and self.level >= Level.REQUEST:
            event["requestObject"] = self.request_object
        if self.response_object is not None and self.level >= Level.REQUEST_RESPONSE:
            event["responseObject"] = self.response_object
        event["requestReceivedTimestamp"] = rfc3339_micro(self.received)
        event["stageTimestamp"] = rfc3339_micro(at)
        if self.annotations:
            event["annotations"] = dict(self.annotations)
        return event

    def _reference(self) -> dict[str, str]:
        info, metadata = self.info, self.named
        reference = {
            "resource": info.resource,
            "namespace": info.namespace or metadata.get("namespace", ""),
            "name": info.name or metadata.get("name", ""),
            "uid": metadata.get("uid", ""),
            "apiGroup": info.group,
            "apiVersion": info.version,
            "resourceVersion": metadata.get("resourceVersion", ""),
            "subresource": info.subresource,
        }
        return {k: v for k, v in reference.items() if v}


def source_addresses(request: Request) -> list[str]:
    """X-Forwarded-For, X-Real-Ip, then the connection's own, none twice in a row (apimachinery util/net.SourceIPs)."""
    forwarded = [a.strip() for a in request.headers.get("X-Forwarded-For", "").split(",") if a.strip()]
    real = request.headers.get("X-Real-Ip", "").strip()
    found = list(forwarded)
    if real and real not in found:
        found.append(real)
    if request.peer.address and (not found or found[-1] != request.peer.address):
        found.append(request.peer.address)
    return found


def status_of(code: int, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """responseStatus: what a Status answer says, else the code alone."""
    if answer is None or answer.get("kind") != "Status":
        return {"code": code}
    return {k: answer[k] for k in _STATUS_FIELDS if k in answer}


def without_managed_fields(obj: Any) -> Any:
    """The object, list or table, its managedFields left out."""
    if not isinstance(obj, dict):
        return obj
    out = dict(obj)
    metadata = out.get("metadata")
    if isinstance(metadata, dict) and "managedFields" in metadata:
        out["metadata"] = {k: v for k, v in metadata.items() if k != "managedFields"}
    if isinstance(out.get("items"), list):
        out["items"] = [without_managed_fields(i) for i in out["items"]]
    if out.get("kind") == "Table":
        out["rows"] = [{**r, "object": without_managed_fields(r.get("object"))} for r in out.get("rows") or ()]
    return out


def truncated(event: Event) -> Event:
    """The event without its objects (plugin/pkg/audit/truncate)."""
    kept = {k: v for k, v in event.items() if k not in ("requestObject", "responseObject")}
    kept["annotations"] = {**(event.get("annotations") or {}), "audit.k8s.io/truncated": "true"}
    return kept
