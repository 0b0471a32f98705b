"""What a controller revision holds is kept as the text it was sent in: to write it otherwise is to change it."""

import orjson
import pytest

from miniapi.codec.protobuf import ProtobufCodec
from miniapi.meta.raw import RawObject
from miniapi.registry.encoding import StoredForm
from miniapi.storage.options import PROTOBUF
from tests.endpoints.world import APPLY, JSON_PATCH, MERGE, STRATEGIC

REVISIONS = "/apis/apps/v1/namespaces/ns/controllerrevisions"
A = REVISIONS + "/a"
SPACED = b'{"kind":"ControllerRevision","metadata":{"name":"a"},"revision":1,"data": {"b": 1.0,\n "a": {"d":"<"}} }'
COMPACT = SPACED.replace(b" ", b"").replace(b"\n", b"").replace(b"<", b"\\u003c")
CONFIG = {"kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": {"name": "a"}, "data": {"b": 1, "a": 2}}


@pytest.mark.parametrize(
    ("media_type", "patch", "shown"),
    [
        (MERGE, {"revision": 2}, '{"b":1.0,"a":{"d":"\\u003c"}}'),
        (MERGE, {"data": {"a": {"c": 1}}}, '{"a":{"c":1,"d":"\\u003c"},"b":1.0}'),
        (JSON_PATCH, [], '{"b":1.0,"a":{"d":"\\u003c"}}'),
        (STRATEGIC, {}, '{"a":{"d":"\\u003c"},"b":1}'),
    ],
)
async def test_a_patch_writes_the_data_anew_and_is_refused(world, media_type, patch, shown):
    await world.ask("POST", REVISIONS, SPACED)
    status, told = await world.told("PATCH", A, patch, media_type)
    assert (status, told["details"]["causes"][0]["message"]) == (422, f"Invalid value: {shown}: field is immutable")


async def test_the_same_text_may_be_put_again_and_compact_data_be_patched(world):
    await world.ask("POST", REVISIONS, SPACED)
    put = await world.ask("PUT", A, SPACED.replace(b":1,", b":2,", 1))
    assert (put.status, b'"revision":2' in put.body, b",\n" in (await world.ask("GET", A)).body) == (200, True, False)
    assert (await world.ask("PUT", A, COMPACT)).status == 422
    await world.ask("POST", REVISIONS, COMPACT.replace(b'"a"}', b'"b"}'))
    assert (await world.ask("PATCH", REVISIONS + "/b", {"revision": 2}, MERGE)).status == 200


async def test_applied_data_is_in_the_order_of_its_keys(world):
    assert (await world.ask("PATCH", A + "?fieldManager=m", CONFIG, APPLY)).status == 201
    assert (await world.ask("PATCH", A, {"revision": 2}, STRATEGIC)).status == 200
    put = b'{"metadata":{"name":"a"},"revision":3,"data":%b}'
    assert [(await world.ask("PUT", A, put % d)).status for d in (b'{"b":1,"a":2}', b'{"a":2,"b":1}')] == [422, 200]


async def test_a_strategic_patch_cannot_look_into_the_data(world):
    await world.ask("POST", REVISIONS, COMPACT)
    status, told = await world.told("PATCH", A, {"data": {"a": {"d": "e"}}}, STRATEGIC)
    assert (status, told["message"]) == (500, 'unable to find api field in struct RawExtension for the json field "a"')


@pytest.mark.parametrize("data", [[], 4, "x", True])
async def test_data_is_an_object(world, data):
    _, told = await world.told("POST", REVISIONS, {"metadata": {"name": "a"}, "data": data})
    assert told["message"].endswith("data: Required value: data must be a valid JSON object")


TEXT = '{"b": 1.0, "a":\n {}}'
REVISION = {
    "kind": "ControllerRevision",
    "apiVersion": "apps/v1",
    "metadata": {"name": "a"},
    "data": RawObject(orjson.loads(TEXT), TEXT),
    "revision": 1,
}


def test_the_text_is_kept_in_protobuf_at_rest():
    form = StoredForm(PROTOBUF, raw_members=("data",))
    at_rest = form.at_rest(REVISION, b"")
    assert TEXT.encode() in at_rest
    assert TEXT.encode() in form.own(form.decode(at_rest))


async def test_the_text_of_a_protobuf_body_is_kept(world):
    body = ProtobufCodec().encode(REVISION)
    assert (await world.ask("POST", REVISIONS, body, PROTOBUF)).status == 201
    put = b'{"metadata":{"name":"a"},"revision":2,"data":%b}'
    assert [(await world.ask("PUT", A, put % d)).status for d in (b'{"b":1.0,"a":{}}', TEXT.encode())] == [422, 200]
