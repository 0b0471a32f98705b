"""serviceaccounts/token: a signed token for an account, bound to what it shall die with.

Follows pkg/registry/core/serviceaccount/storage/token.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from miniapi import errors
from miniapi.authn.interface import ObjectGetter
from miniapi.authn.service_account import BoundObject, ServiceAccountTokens, TokenSubject, lifetime
from miniapi.clock import rfc3339
from miniapi.kube.handlers.virtual import Question, VirtualHandler
from miniapi.meta.gvk import parse_api_version
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList

GROUP, KIND = "authentication.k8s.io", "TokenRequest"
DEFAULT_SECONDS, MIN_SECONDS, MAX_SECONDS = 3600, 600, 1 << 32
ISSUED_KEY = "authentication.kubernetes.io/issued-credential-id"
"""Audit annotation: which token was made."""


@dataclass(frozen=True, slots=True)
class TokenRequests:
    """Answers TokenRequests with what the flags allow."""

    tokens: ServiceAccountTokens
    objects: ObjectGetter
    max_seconds: int
    """Longest life of a token, 0 for any."""
    extend: bool
    """Whether tokens of pods that ask for an hour get a year."""

    def handler(self) -> VirtualHandler:
        """Of create."""
        return VirtualHandler(self._answer, _default, keeps_system_fields=True)

    async def _answer(self, question: Question) -> Object:
        info, request = question.context.info, question.obj
        meta, spec = request["metadata"], request["spec"]
        _check_names(meta, info.name, info.namespace)
        account = await self._get("serviceaccounts", info.namespace, info.name)
        uid = account["metadata"]["uid"]
        if meta.get("uid") and meta["uid"] != uid:
            why = f"the UID in the token request ({meta['uid']}) does not match the UID of the service account ({uid})"
            raise errors.conflict(KIND, GROUP, info.name, why)
        spec["audiences"] = spec.get("audiences") or list(self.tokens.api_audiences)
        now = question.write.now
        meta.update(name=info.name, namespace=info.namespace, uid=uid, creationTimestamp=rfc3339(now))
        problems = _expiration(spec["expirationSeconds"])
        if problems:
            raise errors.invalid(KIND, GROUP, "", [p.cause() for p in problems])
        await question.validate()
        subject = await self._subject(TokenSubject(info.namespace, info.name, uid), spec.get("boundObjectRef"))
        life = lifetime(
            spec["expirationSeconds"],
            max_seconds=self.max_seconds,
            extend=self.extend,
            pod_bound=subject.pod is not None,
            api_audience=set(spec["audiences"]) <= set(self.tokens.api_audiences),
        )
        if life.warning:
            question.context.warn(life.warning)
            spec["expirationSeconds"] = life.expiration_seconds
        made = self.tokens.mint(subject, spec["audiences"], life, now)
        question.context.audit_annotations[ISSUED_KEY] = f"JTI={made.token_id}"
        expires = rfc3339(now + timedelta(seconds=spec["expirationSeconds"]))
        shown = {
            "audiences": spec["audiences"],
            "expirationSeconds": spec["expirationSeconds"],
            "boundObjectRef": spec.get("boundObjectRef"),
        }
        return {**request, "spec": shown, "status": {"token": made.token, "expirationTimestamp": expires}}

    async def _subject(self, subject: TokenSubject, reference: Mapping[str, Any] | None) -> TokenSubject:
        """The subject bound to what the reference names; ApiError where that is not there or another."""
        if reference is None:
            return subject
        kind, name, wanted_uid = (reference.get(k) or "" for k in ("kind", "name", "uid"))
        group, version = _group_version(reference.get("apiVersion") or "")
        plural = {"Pod": "pods", "Node": "nodes", "Secret": "secrets"}.get(kind)
        if group or plural is None:
            raise errors.bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
        if not name:
            raise errors.bad_request("Name parameter required.")
        found = await self._get(plural, "" if kind == "Node" else subject.namespace, name)
        bound = BoundObject(name, found["metadata"]["uid"])
        if kind == "Pod":
            subject = replace(await self._on_node(subject, found), pod=bound)
        elif kind == "Node":
            subject = replace(subject, node=bound)
        else:
            subject = replace(subject, secret=bound)
        if wanted_uid and wanted_uid != bound.uid:
            why = (
                f"the UID in the bound object reference ({wanted_uid}) does not match the UID in record. "
                "The object might have been deleted and then recreated"
            )
            raise errors.conflict(kind, "", name, why)
        return subject

    async def _on_node(self, subject: TokenSubject, pod: Mapping[str, Any]) -> TokenSubject:
        """The pod must run as the account; its node is told too, without a uid where the node is gone."""
        spec = pod.get("spec") or {}
        if spec.get("serviceAccountName") != subject.name:
            raise errors.bad_request(
                f'cannot bind token for serviceaccount "{subject.name}" to pod running with different '
                "serviceaccount name."
            )
        node_name = spec.get("nodeName") or ""
        if not node_name:
            return subject
        node = await self.objects.get("", "nodes", "", node_name)
        return replace(subject, node=BoundObject(node_name, node["metadata"]["uid"] if node else ""))

    async def _get(self, plural: str, namespace: str, name: str) -> Mapping[str, Any]:
        found = await self.objects.get("", plural, namespace, name)
        if found is None:
            raise errors.not_found(plural, "", name)
        return found


def _group_version(api_version: str) -> tuple[str, str]:
    """Of what cannot be read nothing is kept (schema.FromAPIVersionAndKind)."""
    try:
        return parse_api_version(api_version)
    except ValueError:
        return "", ""


def _default(request: Object) -> None:
    spec = request.setdefault("spec", {})
    if spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = DEFAULT_SECONDS


def _check_names(meta: Mapping[str, Any], name: str, namespace: str) -> None:
    for key, wanted in (("name", name), ("namespace", namespace)):
        given = meta.get(key) or ""
        if given and given != wanted:
            problem = field.invalid(f"metadata.{key}", given, f"must match the service account {key} if specified")
            raise errors.invalid(KIND, GROUP, name, [problem.cause()])


def _expiration(seconds: int) -> ErrorList:
    where = "spec.expirationSeconds"
    if seconds < MIN_SECONDS:
        return [field.invalid(where, seconds, "may not specify a duration less than 10 minutes")]
    if seconds > MAX_SECONDS:
        return [field.invalid(where, seconds, "may not specify a duration larger than 2^32 seconds")]
    return []
