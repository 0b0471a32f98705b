from __future__ import annotations

import orjson
import pytest

from miniapi.kinds.builtin import builtin_kinds
from miniapi.registry.encoding import StoredForm, own_json, stored_order
from miniapi.registry.resource import Resource, Versioned
from miniapi.storage.interface import Stored
from miniapi.storage.memory import MemoryStore

POD = {"apiVersion": "v1", "kind": "Pod", "spec": {}, "metadata": {"name": "a", "resourceVersion": "3"}}


def versioned(kind: str, api_version: str) -> Versioned:
    row = next(k for k in builtin_kinds() if (k.gvk.kind, k.gvk.api_version) == (kind, api_version))
    return Versioned(Resource(MemoryStore(), row.storage_prefix, StoredForm(), namespaced=row.namespaced), row)


def stored(obj: dict[str, object]) -> Stored:
    return Stored("k/a", own_json(stored_order(obj)), 7, 7, 1)


def test_the_revision_is_put_into_what_is_stored() -> None:
    pods = versioned("Pod", "v1")
    assert pods.encoded(stored(POD)) == (
        b'{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"a"},"spec":{}}'
    )
    item = b'{"metadata":{"resourceVersion":"7","name":"a"},"spec":{}}'
    assert pods.joined(b"[", [stored(POD)] * 2, b"]") == b"[%b,%b]" % (item, item)
    assert pods.joined(b"[", [], b"]") == b"[]"
    assert b"resourceVersion" not in stored(POD).value


def test_what_another_release_stored_has_the_version_that_is_asked_for() -> None:
    addresses = versioned("IPAddress", "networking.k8s.io/v1")
    old = stored({"kind": "IPAddress", "apiVersion": "networking.k8s.io/v1alpha1", "metadata": {"name": "10.0.0.1"}})
    assert orjson.loads(addresses.encoded(old))["apiVersion"] == "networking.k8s.io/v1"
    assert addresses.object(old)["apiVersion"] == "networking.k8s.io/v1"


def test_what_is_stored_takes_no_more_than_its_bytes() -> None:
    # orjson's own buffer would be kept whole, kilobytes for a small object.
    import tracemalloc

    tracemalloc.start()
    kept = [own_json({"kind": "x", "data": "y" * 100}) for _ in range(200)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 2 * sum(map(len, kept)) + 200 * 100


async def test_what_selectors_look_at_is_read_once_per_version(monkeypatch: pytest.MonkeyPatch) -> None:
    pods = versioned("Pod", "v1")
    stored = await pods.resource.create("ns", "a", {**POD, "metadata": {"name": "a", "labels": {"app": "x"}}})
    assert pods.attributes(stored).labels == {"app": "x"}
    assert pods.attributes(stored).fields["metadata.name"] == "a"
    changed = await pods.resource.replace(stored, {**POD, "metadata": {"name": "a", "labels": {"app": "y"}}})
    assert [pods.attributes(version).labels["app"] for version in (changed, stored)] == ["y", "x"]
    monkeypatch.setattr(pods, "object", lambda _: pytest.fail("it was decoded again"))
    assert [pods.attributes(version).labels["app"] for version in (changed, stored)] == ["y", "x"]


async def test_few_attributes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("miniapi.registry.resource.KNOWN_ATTRIBUTES", 2)
    pods = versioned("Pod", "v1")
    for name in "abc":
        pods.attributes(await pods.resource.create("ns", name, {**POD, "metadata": {"name": name}}))
    assert [key for key, _ in pods._attributes] == ["pods/ns/b", "pods/ns/c"]
