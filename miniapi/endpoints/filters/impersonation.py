"""Impersonate-User and its kin: acting as somebody else, where `impersonate` is allowed."""

from __future__ import annotations

from urllib.parse import unquote

from miniapi import errors
from miniapi.authz.interface import Attributes, Authorizer
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.filters.authorization import denied
from miniapi.endpoints.writes import user_of
from miniapi.meta.user import ANONYMOUS, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Reply

_EXTRA = "impersonate-extra-"
_ACCOUNT = "system:serviceaccount:"


def impersonation(authorizer: Authorizer) -> Filter:
    """Replaces `context.user`; 403 where the real user may not."""

    def wrap(handler: Handler) -> Handler:
        async def handle(context: Context) -> Reply:
            headers = context.request.headers
            if "Impersonate-User" not in headers:
                if "Impersonate-Group" in headers or "Impersonate-Uid" in headers:
                    raise errors.internal("requested impersonation without impersonating a user")
                return await handler(context)
            real = user_of(context)
            name = headers["Impersonate-User"]
            groups = list(headers.getall("Impersonate-Group", []))
            uid = headers.get("Impersonate-Uid", "")
            extra: dict[str, list[str]] = {}
            for key, value in headers.items():
                if key.lower().startswith(_EXTRA):
                    extra.setdefault(unquote(key[len(_EXTRA):].lower()), []).append(value)
            for question in _questions(real, name, groups, uid, extra):
                decision = await authorizer.authorize(question)
                if decision.verdict != "allow":
                    raise denied(question, decision.reason)
            context.impersonator = real
            context.user = UserInfo(name, uid, tuple(_with_implied(name, groups)), extra)
            return await handler(context)

        return handle

    return wrap


def _questions(real: UserInfo, name: str, groups: list[str], uid: str, extra: dict[str, list[str]]) -> list[Attributes]:
    asked = []
    if name.startswith(_ACCOUNT) and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        asked.append(Attributes(real, "impersonate", resource="serviceaccounts", version="v1", namespace=namespace, name=account))
    else:
        asked.append(Attributes(real, "impersonate", resource="users", version="v1", name=name))
    asked += [Attributes(real, "impersonate", resource="groups", version="v1", name=g) for g in groups]
    authn = "authentication.k8s.io"
    if uid:
        asked.append(Attributes(real, "impersonate", group=authn, version="v1", resource="uids", name=uid))
    for key, values in extra.items():
        asked += [
            Attributes(real, "impersonate", group=authn, version="v1", resource="userextras", subresource=key, name=v)
            for v in values
        ]
    return asked


def _with_implied(name: str, groups: list[str]) -> list[str]:
    implied = list(groups)
    if name.startswith(_ACCOUNT) and name.count(":") == 3 and not groups:
        implied = ["system:serviceaccounts", f"system:serviceaccounts:{name.split(':')[2]}"]
    if name == ANONYMOUS:
        if UNAUTHENTICATED_GROUP not in implied:
            implied.append(UNAUTHENTICATED_GROUP)
    elif AUTHENTICATED_GROUP not in implied and UNAUTHENTICATED_GROUP not in implied:
        implied.append(AUTHENTICATED_GROUP)
    return implied
