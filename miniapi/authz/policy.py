"""Roles and bindings in memory, bindings found by their subjects; fed by informers, read by RBAC.

Kept up to date object by object: a request looks up its user and groups and never walks all bindings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from miniapi.authz.rules import Rule
from miniapi.meta.user import UserInfo

GROUP = "rbac.authorization.k8s.io"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"

Object = dict[str, Any]
ChangeHandler = Callable[[str, Object | None, Object | None], None]
"""(ADDED, MODIFIED or DELETED; old; new), as informers call it."""


class Source(Protocol):
    """An informer of one of the four kinds: tells of all that is there, then of every change."""

    def add_handler(self, handler: ChangeHandler, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Grant:
    """One binding that applies to a user."""

    binding: str
    """`ClusterRoleBinding "x"` or `RoleBinding "x/namespace"`."""
    role_kind: str
    role_name: str
    namespace: str
    """Of the binding; empty for the cluster."""
    subjects: Mapping[str, str]
    """Subject key -> `User "alice"`, the binding's own order."""

    def to(self, keys: frozenset[str]) -> str:
        """`ClusterRoleBinding "x" of ClusterRole "y" to User "alice"`: the first subject that means the user."""
        subject = next((text for key, text in self.subjects.items() if key in keys), "")
        return f'{self.binding} of {self.role_kind} "{self.role_name}" to {subject}'


class RoleNotFound(Exception):
    """A binding's role does not exist; `kind` is Role or ClusterRole."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    def __str__(self) -> str:
        return f'{self.kind.lower()}.{GROUP} "{self.name}" not found'


class PolicyReader(Protocol):
    """What RBAC asks of roles and bindings."""

    def grants(self, user: UserInfo, namespace: str) -> Iterator[tuple[Grant, str]]:
        """(grant, its description for this user), of the cluster first, then of the namespace if one is given."""
        ...

    def rules_of(self, role_kind: str, role_name: str, namespace: str) -> Sequence[Rule]:
        """Raises RoleNotFound, or ValueError for a kind that is no role."""
        ...


class PolicyIndex:
    """The four kinds, indexed."""

    def __init__(self) -> None:
        self.version = 0
        """Rises with every change; what was concluded before is stale."""
        self._roles: dict[tuple[str, str], Sequence[Rule]] = {}
        self._bindings: dict[tuple[str, str], Grant] = {}
        self._by_subject: dict[tuple[str, str], dict[str, Grant]] = {}
        """(namespace, subject key) -> binding name -> grant; the cluster's namespace is empty."""

    def follow(self, roles: Source, role_bindings: Source, cluster_roles: Source, cluster_bindings: Source) -> None:
        """Hears of every change from now on."""
        for source in (roles, cluster_roles):
            source.add_handler(self._role_changed)
        for source in (role_bindings, cluster_bindings):
            source.add_handler(self._binding_changed)

    def grants(self, user: UserInfo, namespace: str) -> Iterator[tuple[Grant, str]]:
        """As `PolicyReader`; each binding once, in order of their names."""
        keys = frozenset(subject_keys(user))
        for of in ("", namespace) if namespace else ("",):
            found: dict[str, Grant] = {}
            for key in keys:
                found.update(self._by_subject.get((of, key), {}))
            for name in sorted(found):
                yield found[name], found[name].to(keys)

    def rules_of(self, role_kind: str, role_name: str, namespace: str) -> Sequence[Rule]:
        """As `PolicyReader`."""
        if role_kind not in ("Role", "ClusterRole"):
            raise ValueError(f'unsupported role reference kind: "{role_kind}"')
        rules = self._roles.get((namespace if role_kind == "Role" else "", role_name))
        if rules is None:
            raise RoleNotFound(role_kind, role_name)
        return rules

    def written(self, obj: Object) -> None:
        """Learns at once what this server has written: who grants a right may use it with the next request.

        The informers tell of it again, in order, with all that others write.
        """
        (self._binding_changed if "roleRef" in obj else self._role_changed)("MODIFIED", None, obj)

    def deleted(self, obj: Object) -> None:
        """As `written`."""
        (self._binding_changed if "roleRef" in obj else self._role_changed)("DELETED", obj, None)

    def _role_changed(self, event: str, old: Object | None, new: Object | None) -> None:
        self.version += 1
        key = _key(new or old or {})
        if event == "DELETED" or new is None:
            self._roles.pop(key, None)
        else:
            self._roles[key] = new.get("rules") or ()

    def _binding_changed(self, event: str, old: Object | None, new: Object | None) -> None:
        self.version += 1
        namespace, name = key = _key(new or old or {})
        before = self._bindings.pop(key, None)
        if before is not None:
            for subject in before.subjects:
                of_subject = self._by_subject[namespace, subject]
                del of_subject[name]
                if not of_subject:
                    del self._by_subject[namespace, subject]
        if event == "DELETED" or new is None:
            return
        grant = self._bindings[key] = _grant(new)
        for subject in grant.subjects:
            self._by_subject.setdefault((namespace, subject), {})[name] = grant


def _key(obj: Mapping[str, Any]) -> tuple[str, str]:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _grant(binding: Object) -> Grant:
    namespace, name = _key(binding)
    reference = binding.get("roleRef") or {}
    subjects: dict[str, str] = {}
    for subject in binding.get("subjects") or ():
        kind, subject_name = subject.get("kind", ""), subject.get("name", "")
        if kind == "ServiceAccount":
            of = subject.get("namespace") or namespace
            if of:
                key = f"User/{SERVICE_ACCOUNT_PREFIX}{of}:{subject_name}"
                subjects.setdefault(key, f'ServiceAccount "{subject_name}/{of}"')
        elif kind in ("User", "Group"):
            subjects.setdefault(f"{kind}/{subject_name}", f'{kind} "{subject_name}"')
    title = f'RoleBinding "{name}/{namespace}"' if namespace else f'ClusterRoleBinding "{name}"'
    return Grant(title, reference.get("kind", ""), reference.get("name", ""), namespace, subjects)


def subject_keys(user: UserInfo) -> Iterator[str]:
    """Under which keys bindings to this user lie."""
    yield f"User/{user.name}"
    for group in user.groups:
        yield f"Group/{group}"
