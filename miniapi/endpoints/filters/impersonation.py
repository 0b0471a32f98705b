"""Impersonate-User and its kin: acting as somebody else, where the real user may.

Since v1.36 rights to impersonate can be narrow: `impersonate:MODE` on the one impersonated, together with
`impersonate-on:MODE:VERB` on what is then asked for. The broad `impersonate` is asked for last; where
nothing allows, the first refusal is told (apiserver/pkg/endpoints/filters/impersonation).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import unquote

from miniapi import errors
from miniapi.authz.forbidden import denied
from miniapi.authz.interface import Attributes, Authorizer
from miniapi.endpoints.context import Context, Filter, Handler
from miniapi.endpoints.filters.authorization import attributes_of
from miniapi.endpoints.writes import user_of
from miniapi.meta.names import dns_label, dns_subdomain
from miniapi.meta.user import ANONYMOUS, AUTHENTICATED_GROUP, MASTERS_GROUP, UNAUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Headers, Reply

USER, GROUP, UID, EXTRA_PREFIX = "Impersonate-User", "Impersonate-Group", "Impersonate-Uid", "impersonate-extra-"
ACCOUNT_PREFIX, NODE_PREFIX, NODES_GROUP = "system:serviceaccount:", "system:node:", "system:nodes"
NODE_NAME_KEY = "authentication.kubernetes.io/node-name"
AUTHENTICATION_GROUP = "authentication.k8s.io"
MANY = 4
"""From how many groups or extra values on a narrow mode asks for `*` first."""
REMEMBERED_MODES = 1024


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of being allowed to impersonate."""

    name: str
    """Empty for the broad, old way."""
    applies: Callable[[UserInfo, UserInfo], bool]
    """(wanted, real user)."""

    @property
    def verb(self) -> str:
        """What must be allowed on the one impersonated."""
        return f"impersonate:{self.name}" if self.name else "impersonate"


def impersonation(authorizer: Authorizer) -> Filter:
    """Replaces `context.user`; 403 where the real user may not, 400 for attributes without a user."""
    last_mode: dict[tuple[str, tuple[str, ...]], Mode] = {}

    def wrap(handler: Handler) -> Handler:
        def handle(context: Context) -> Awaitable[Reply]:
            # Hardly a request asks for it: the others pass on without a step of their own.
            wanted = wanted_user(context.request.headers)
            return handler(context) if wanted is None else as_another(context, wanted)

        async def as_another(context: Context, wanted: UserInfo) -> Reply:
            real = user_of(context)
            if len(last_mode) >= REMEMBERED_MODES:
                last_mode.clear()
            key = (real.name, real.groups)
            first = last_mode.get(key)
            modes = MODES if first is None else (first, *(m for m in MODES if m is not first))
            context.user, mode = await _impersonated(authorizer, modes, wanted, attributes_of(context))
            last_mode[key] = mode
            context.impersonator = real
            context.impersonation_constraint = mode.verb if mode.name else ""
            return await handler(context)

        return handle

    return wrap


def wanted_user(headers: Headers) -> UserInfo | None:
    """The user that the headers ask for, as they say it; None where they ask for none."""
    for header in headers:
        if header[:1] in "Ii" and header[:12].lower() == "impersonate-":
            return _read(headers)
    return None


def _read(headers: Headers) -> UserInfo | None:
    name = headers.get(USER, "")
    groups: tuple[str, ...] = ()
    uid, extra = "", dict[str, list[str]]()
    for header, value in headers.items():
        lower = header.lower()
        if lower == "impersonate-group":
            groups = (*groups, value)
        elif lower == "impersonate-uid":
            uid = uid or value
        elif lower.startswith(EXTRA_PREFIX):
            extra.setdefault(unquote(lower[len(EXTRA_PREFIX) :]), []).append(value)
    if name:
        return UserInfo(name, uid, groups, extra)
    if groups or uid or extra:
        said = _go_syntax(uid, groups, extra)
        raise errors.bad_request(f"requested {said} without impersonating a user name")
    return None


async def _impersonated(
    authorizer: Authorizer, modes: Sequence[Mode], wanted: UserInfo, request: Attributes
) -> tuple[UserInfo, Mode]:
    refusal: errors.ApiError | None = None
    for mode in modes:
        if not mode.applies(wanted, request.user):
            continue
        try:
            if mode.name:
                await _ask(authorizer, replace(request, verb=f"impersonate-on:{mode.name}:{request.verb}"), mode)
            for question in _questions(mode, wanted, request.user):
                await _ask_any(authorizer, question, mode)
        except errors.ApiError as problem:
            refusal = refusal or problem
            continue
        return _actual(mode, wanted), mode
    raise refusal or errors.server_error("all impersonation modes failed")


class _Question(NamedTuple):
    """Allowed when the first is, else when all the others are."""

    wildcard: Attributes | None
    each: Sequence[Attributes]


async def _ask_any(authorizer: Authorizer, question: _Question, mode: Mode) -> None:
    if question.wildcard is not None:
        try:
            return await _ask(authorizer, question.wildcard, mode)
        except errors.ApiError:
            pass  # each one must be allowed by itself
    for attributes in question.each:
        await _ask(authorizer, attributes, mode)
    return None


async def _ask(authorizer: Authorizer, attributes: Attributes, mode: Mode) -> None:
    asked = _without_node(attributes) if mode.name == "associated-node" else attributes
    decision = await authorizer.authorize(asked)
    if decision.verdict != "allow":
        raise denied(asked, ": ".join(t for t in (decision.error, decision.reason) if t))


def _without_node(attributes: Attributes) -> Attributes:
    """One answer holds for all nodes: neither the node's name nor what the requester's token says of it counts."""
    extra = {"authentication.kubernetes.io/associated-node-keys": sorted(attributes.user.extra)}
    asked = replace(attributes, user=replace(attributes.user, extra=extra))
    return replace(asked, name="*") if asked.verb == "impersonate:associated-node" else asked


def _questions(mode: Mode, wanted: UserInfo, real: UserInfo) -> Iterator[_Question]:
    """What must be allowed on the one impersonated: name, uid, groups, extra, in this order."""
    narrow = bool(mode.name)
    old_group = AUTHENTICATION_GROUP if narrow else ""

    def on(resource: str, name: str, group: str = AUTHENTICATION_GROUP, **more: Any) -> Attributes:
        return Attributes(real, mode.verb, group=group, version="v1", resource=resource, name=name, **more)

    account, node = account_name(wanted.name), node_name(wanted.name)
    if account is not None:
        yield _Question(None, [on("serviceaccounts", account[1], old_group, namespace=account[0])])
    elif narrow and node is not None:
        yield _Question(None, [on("nodes", node, old_group)])
    else:
        yield _Question(None, [on("users", wanted.name, old_group)])
    if wanted.uid:
        yield _Question(None, [on("uids", wanted.uid)])
    if wanted.groups:
        if narrow:
            _refuse_groups(wanted.groups, on, old_group)
        everything = on("groups", "*", old_group) if narrow and len(wanted.groups) >= MANY else None
        yield _Question(everything, [on("groups", g, old_group) for g in wanted.groups])
    if wanted.extra:
        if narrow:
            _refuse_extra(wanted.extra, on)
        many = narrow and (len(wanted.extra) >= MANY or sum(map(len, wanted.extra.values())) >= MANY)
        everything = on("userextras", "*", subresource="*") if many else None
        each = [on("userextras", v, subresource=key) for key, values in wanted.extra.items() for v in values]
        yield _Question(everything, each)


def _refuse_groups(groups: Sequence[str], on: Callable[..., Attributes], group: str) -> None:
    if "" in groups:
        raise denied(on("groups", "", group), "impersonating the empty string group is not allowed")
    if MASTERS_GROUP in groups:
        question = on("groups", MASTERS_GROUP, group)
        raise denied(question, "impersonating the system:masters group is not allowed")


def _refuse_extra(extra: Mapping[str, Sequence[str]], on: Callable[..., Attributes]) -> None:
    for key, values in extra.items():
        if not key:
            raise denied(on("userextras", ""), "impersonating the empty string key in extra is not allowed")
        problem = _extra_key_problem(key)
        if problem:
            why = f'extra.key: Invalid value: "{key}": {problem}'
            raise denied(on("userextras", ""), f"impersonating an invalid key in extra is not allowed: {why}")
        if "" in values:
            raise denied(on("userextras", ""), "impersonating the empty string value in extra is not allowed")


def _extra_key_problem(key: str) -> str:
    """validation.IsDomainPrefixedPath."""
    host, _, path = key.partition("/")
    if not host or not path:
        return 'must be a domain-prefixed path (such as "acme.io/foo")'
    return next(iter(dns_subdomain(host)), "")


def _actual(mode: Mode, wanted: UserInfo) -> UserInfo:
    """The user with the groups that go without saying."""
    groups = wanted.groups
    account = account_name(wanted.name)
    if account is not None and not groups:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{account[0]}")
    elif mode.name and node_name(wanted.name) is not None:
        groups = (NODES_GROUP,)
    implied = UNAUTHENTICATED_GROUP if wanted.name == ANONYMOUS else AUTHENTICATED_GROUP
    if implied not in groups and UNAUTHENTICATED_GROUP not in groups:
        groups = (*groups, implied)
    return replace(wanted, groups=groups)


def account_name(username: str) -> tuple[str, str] | None:
    """(namespace, name) of a service account's user name."""
    if not username.startswith(ACCOUNT_PREFIX):
        return None
    namespace, colon, name = username.removeprefix(ACCOUNT_PREFIX).partition(":")
    return (namespace, name) if colon and not dns_label(namespace) and not dns_subdomain(name) else None


def node_name(username: str) -> str | None:
    """The node of a node's user name."""
    name = username.removeprefix(NODE_PREFIX)
    return name if name != username and not dns_subdomain(name) else None


def _name_only(wanted: UserInfo) -> bool:
    return not (wanted.uid or wanted.groups or wanted.extra)


def _is_own_node(wanted: UserInfo, real: UserInfo) -> bool:
    node = node_name(wanted.name)
    own = list(real.extra.get(NODE_NAME_KEY, ()))
    return node is not None and _name_only(wanted) and account_name(real.name) is not None and own == [node]


def _is_node(wanted: UserInfo, _: UserInfo) -> bool:
    return _name_only(wanted) and node_name(wanted.name) is not None


def _is_account(wanted: UserInfo, _: UserInfo) -> bool:
    return _name_only(wanted) and account_name(wanted.name) is not None


def _is_other(wanted: UserInfo, _: UserInfo) -> bool:
    return node_name(wanted.name) is None and account_name(wanted.name) is None


MODES = (
    Mode("associated-node", _is_own_node),
    Mode("arbitrary-node", _is_node),
    Mode("serviceaccount", _is_account),
    Mode("user-info", _is_other),
    Mode("", lambda wanted, real: True),
)


def _go_syntax(uid: str, groups: Sequence[str], extra: Mapping[str, Sequence[str]]) -> str:
    """The message shows the request as Go's %#v does."""

    def strings(items: Sequence[str]) -> str:
        return "[]string{" + ", ".join(f'"{i}"' for i in items) + "}"

    said_groups = strings(groups) if groups else "[]string(nil)"
    said_extra = "map[string][]string(nil)"
    if extra:
        said_extra = "map[string][]string{" + ", ".join(f'"{k}":{strings(v)}' for k, v in sorted(extra.items())) + "}"
    return f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{said_groups}, Extra:{said_extra}}}'
