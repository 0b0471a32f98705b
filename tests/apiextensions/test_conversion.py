"""Objects in other versions: by name, and by webhook."""

import asyncio
from typing import Any

import pytest

from miniapi.apiextensions.conversion import VersionSchemas
from miniapi.apiextensions.converting_store import ConvertingStore
from miniapi.apiextensions.webhook_conversion import WebhookConversion
from miniapi.errors import ApiError
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.schema.builtin import BuiltinSchemas
from miniapi.schema.coerce import coercer
from miniapi.schema.crd import structural
from miniapi.schema.default import defaulter
from miniapi.storage.memory import MemoryStore

META = BuiltinSchemas().definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")


def widget(version: str, **spec: Any) -> dict[str, Any]:
    meta = {"name": "a", "namespace": "n", "uid": "1"}
    return {"kind": "Widget", "apiVersion": f"example.com/{version}", "metadata": meta, "spec": spec}


def schemas() -> VersionSchemas:
    def of(**props: Any) -> Any:
        return structural({"type": "object", "properties": {"spec": {"type": "object", "properties": props}}}, META)

    found = {
        "example.com/v1": of(a={"type": "string"}, late={"type": "integer", "default": 9}),
        "example.com/v2": of(a={"type": "string"}),
    }
    return VersionSchemas({n: coercer(s, META) for n, s in found.items()}, {n: defaulter(s) for n, s in found.items()})


def test_a_stored_object_is_defaulted_by_its_own_version_and_pruned_by_both() -> None:
    versions = schemas()
    assert versions.read(widget("v1", a="x", gone=1), "example.com/v1")["spec"] == {"a": "x", "late": 9}
    shown = versions.read(widget("v1", a="x"), "example.com/v2")
    assert (shown["apiVersion"], shown["spec"]) == ("example.com/v2", {"a": "x"})


class Hook:
    """Renames spec.size to spec.big in v2, and counts how often it is asked."""

    def __init__(self, **answer: Any) -> None:
        self.asked, self._answer = 0, answer

    async def call(self, client_config: Any, review: Any, timeout_seconds: float) -> Any:
        self.asked += 1
        request = review["request"]
        wanted = request["desiredAPIVersion"]
        old, new = ("size", "big") if wanted.endswith("v2") else ("big", "size")
        converted = [{**o, "apiVersion": wanted, "spec": {new: o["spec"][old]}} for o in request["objects"]]
        response = {"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": converted}
        return {"kind": "ConversionReview", "apiVersion": review["apiVersion"], "response": response | self._answer}


def conversion(hook: Hook) -> WebhookConversion:
    return WebhookConversion(hook, {"clientConfig": {}, "conversionReviewVersions": ["v1"]})


async def test_only_objects_of_other_versions_are_sent() -> None:
    hook = Hook()
    converted = await conversion(hook).convert([widget("v2", big=1), widget("v1", size=2)], "example.com/v2")
    assert [o["spec"] for o in converted] == [{"big": 1}, {"big": 2}]
    assert await conversion(hook).convert([widget("v1", size=2)], "example.com/v1") == [widget("v1", size=2)]
    assert hook.asked == 1


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"uid": "other"}, "expected response.uid="),
        ({"result": {"status": "Failure", "message": "no way"}}, "failed: no way$"),
        ({"convertedObjects": []}, "returned 0 objects, expected 1$"),
        ({"convertedObjects": [widget("v1", size=1)]}, r"invalid groupVersion \(expected example.com/v2, received"),
        ({"convertedObjects": [{**widget("v2"), "metadata": {"name": "b"}}]}, "must have the same name: a != b$"),
    ],
)
async def test_a_wrong_answer_is_not_believed(answer: Any, complaint: str) -> None:
    with pytest.raises(ApiError, match=complaint):
        await conversion(Hook(**answer)).convert([widget("v1", size=1)], "example.com/v2")


async def test_a_store_shows_one_version_and_keeps_another() -> None:
    store = MemoryStore()
    form = StoredForm("application/json", lambda obj: obj)
    kept = Resource(store, "example.com/widgets", form, namespaced=True)
    over = ConvertingStore(store, conversion(Hook()).convert, "example.com/v2", "example.com/v1")
    shown = Resource(over, "example.com/widgets", form, namespaced=True)
    async with shown.watch("n", await store.revision()) as events:
        made = await shown.create("n", "a", widget("v2", big=3))
        batch: Any = await asyncio.wait_for(anext(events), 5)
        assert shown.decode(batch[0].current)["spec"] == {"big": 3}
    stored = await kept.get("n", "a")
    assert stored is not None
    assert kept.decode(stored)["spec"] == {"size": 3}
    await shown.replace(made, widget("v2", big=4))
    [found] = (await shown.scan("n")).items
    assert shown.decode(found)["spec"] == {"big": 4}
    await store.close()
