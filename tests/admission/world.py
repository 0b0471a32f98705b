"""A small world for plugins: objects in a dict, kinds as rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.interface import Attributes, Operation
from miniapi.authz.interface import Attributes as AuthzAttributes
from miniapi.authz.interface import Decision
from miniapi.kinds.kind import Kind
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object, copy
from miniapi.meta.user import UserInfo

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALICE = UserInfo("alice", groups=("system:authenticated",))


def kind(plural: str, name: str, group: str = "", *, namespaced: bool = True) -> Kind:
    return Kind(GroupVersionKind(group, "v1", name), plural, name.lower(), namespaced, ("create",))


POD = kind("pods", "Pod")
NAMESPACE = kind("namespaces", "Namespace", namespaced=False)


class World:
    """Lister, writer and authorizer over one dict."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Object]] = {}
        self.allowed: set[tuple[str, str, str]] = set()
        self.writes = 0

    def add(self, group: str, plural: str, name: str, obj: Object | None = None, namespace: str = "") -> Object:
        obj = obj or {}
        meta = obj.setdefault("metadata", {})
        meta.update(name=name, creationTimestamp="2026-01-01T00:00:00Z", resourceVersion=str(self.writes))
        if namespace:
            meta["namespace"] = namespace
        self.objects.setdefault((group, plural, namespace), {})[name] = obj
        return obj

    async def get(self, group: str, plural: str, namespace: str, name: str) -> Object | None:
        return copy(self.objects.get((group, plural, namespace), {}).get(name))

    async def list(self, group: str, plural: str, namespace: str = "") -> Sequence[Object]:
        return [
            copy(o)
            for (g, p, n), of in self.objects.items()
            if (g, p) == (group, plural) and namespace in ("", n)
            for o in of.values()
        ]

    async def create(self, group: str, version: str, plural: str, namespace: str, obj: Object) -> Object:
        self.writes += 1
        return self.add(group, plural, obj["metadata"]["name"], copy(obj), namespace)

    async def update(
        self, group: str, version: str, plural: str, namespace: str, obj: Object, subresource: str = ""
    ) -> Object:
        self.writes += 1
        return self.add(group, plural, obj["metadata"]["name"], copy(obj), namespace)

    async def delete(self, group: str, version: str, plural: str, namespace: str, name: str) -> None:
        del self.objects[(group, plural, namespace)][name]

    async def authorize(self, attributes: AuthzAttributes) -> Decision:
        a = attributes
        resource = f"{a.resource}/{a.subresource}" if a.subresource else a.resource
        return Decision("allow" if (a.verb, resource, a.name) in self.allowed else "no_opinion")


def attributes(
    of: Kind,
    obj: Object | None,
    old: Object | None = None,
    operation: Operation | None = None,
    user: UserInfo = ALICE,
    subresource: str = "",
    gvk: GroupVersionKind | None = None,
    **more: Any,
) -> Attributes:
    """A write in namespace `ns`."""
    known = obj if obj is not None else old or {}
    operation = operation or ("UPDATE" if old is not None else "CREATE")
    namespace = "ns" if of.namespaced else ""
    name = known.get("metadata", {}).get("name", "")
    return Attributes(operation, of, subresource, namespace, name, obj, old, user, NOW, gvk=gvk or of.gvk, **more)


async def run(plugin: Any, write: Attributes) -> Attributes:
    """The write after one plugin, as the chain calls it."""
    chain = AdmissionChain(
        [plugin] if hasattr(plugin, "admit") else [], [plugin] if hasattr(plugin, "validate") else []
    )
    await chain.mutate(write)
    await chain.validate(write)
    return write


def pod(name: str = "a", **spec: Any) -> Object:
    """A pod of one container `c`."""
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "x:1"}], **spec}}
