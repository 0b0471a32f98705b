"""PATCH of every kind: what does not fit, what is warned of, what creates."""

import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import write_options
from miniapi.endpoints.update_flow import Change, run
from miniapi.errors import ApiError
from miniapi.meta.request_info import parse
from miniapi.wire import Request, fixed_body
from tests.endpoints.world import APPLY, CONFIG_MAPS, JSON_PATCH, MERGE, NOW, STRATEGIC, config_map

A = CONFIG_MAPS + "/a"


@pytest.fixture
async def made(world):
    await world.ask("POST", CONFIG_MAPS, config_map(data={"k": "1"}))
    return world


@pytest.mark.parametrize(
    ("media_type", "body", "complaints"),
    [
        (MERGE, b'{"bogus":1,"data":{"k":"1","k":"2"}}', ['duplicate field "data.k"', 'unknown field "bogus"']),
        (STRATEGIC, b'{"z":1,"bogus":1}', ['unknown field "bogus"', 'unknown field "z"']),
        (
            JSON_PATCH,
            b'[{"op":"add","path":"/bogus","value":1,"x":1}]',
            ['json patch unknown field "[0].x"', 'unknown field "bogus"'],
        ),
    ],
)
async def test_patches_complain_of_themselves_first_then_of_what_they_make(made, media_type, body, complaints):
    reply = await made.ask("PATCH", A, body, media_type)
    warned = [
        v.removeprefix('299 - "').removesuffix('"').replace('\\"', '"') for k, v in reply.headers if k == "Warning"
    ]
    assert (reply.status, warned) == (200, complaints)
    status, told = await made.told("PATCH", A + "?fieldValidation=Strict", body, media_type)
    assert (status, told["details"]["causes"][0]["field"]) == (422, "patch")
    assert told["message"].endswith("strict decoding error: " + ", ".join(complaints))
    assert (await made.ask("PATCH", A + "?fieldValidation=Ignore", body, media_type)).headers == []


@pytest.mark.parametrize("body", [{"data": {"k": 1}}, {"kind": "Secret"}, {"apiVersion": "v2"}])
async def test_a_patched_object_that_is_none_of_the_kind_is_invalid(made, body):
    status, told = await made.told("PATCH", A, body, MERGE)
    assert (status, told["reason"], told["details"]["causes"][0]["field"]) == (422, "Invalid", "patch")


async def test_whole_fractions_fit_a_strategic_patch_and_others_are_told_in_the_words_of_its_converter(world):
    services = "/api/v1/namespaces/ns/services"
    port = {"port": 80, "protocol": "TCP"}
    await world.ask("POST", services, {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "ports": [port]}})
    patch = {"spec": {"ports": [{"port": 80, "nodePort": 0.0}]}}
    assert (await world.ask("PATCH", services + "/s", patch, STRATEGIC)).status == 200
    _, told = await world.told("PATCH", services + "/s", {"spec": {"type": 5}}, STRATEGIC)
    assert told["message"].endswith('"map[spec:map[type:5]]": cannot convert int64 to v1.ServiceType')


async def test_an_apply_that_fits_its_schema_and_not_its_type_is_told_as_a_failed_conversion(world):
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 1.5}]}}
    _, told = await world.told("PATCH", "/api/v1/namespaces/ns/services/s?fieldManager=m", body, APPLY)
    assert (told["code"], told["message"]) == (
        500,
        "failed to convert new object (/s; /v1, Kind=Service) to proper version: unable to convert unstructured "
        "object to /v1, Kind=Service: cannot convert float64 to int32",
    )


async def test_a_strategic_patch_cannot_change_the_type(made):
    status, told = await made.told("PATCH", A, {"kind": "Secret", "apiVersion": "v2"}, STRATEGIC)
    assert (status, told["kind"], told["apiVersion"]) == (200, "ConfigMap", "v1")
    _, told = await made.told("PATCH", A, {"kind": 5}, STRATEGIC)
    assert told["message"].endswith('"map[kind:5]": cannot convert int64 to string')


async def test_a_patch_is_not_looked_into_where_there_is_nothing_to_patch(world):
    status, _ = await world.told("PATCH", A, b"{", MERGE)
    assert status == 404


async def test_apply_creates_and_tells_of_a_uid_that_it_cannot_have(world):
    reply = await world.ask("PATCH", A + "?fieldManager=m", config_map(), APPLY)
    assert reply.status == 201
    body = {**config_map("b"), "metadata": {"name": "b", "uid": "u"}}
    status, told = await world.told("PATCH", CONFIG_MAPS + "/b?fieldManager=m", body, APPLY)
    assert (status, told["message"].split(": ", 1)[1]) == (
        409,
        "uid mismatch: the provided object specified uid u, and no existing object was found",
    )


async def test_an_apply_reads_the_first_document_and_keeps_the_last_of_equal_keys(world):
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\n---\nkind: [\n"
    status, made = await world.told("PATCH", A + "?fieldManager=m", body, APPLY)
    assert (status, made["data"]) == (201, {"k": "2"})
    status, told = await world.told("PATCH", A + "?fieldManager=m&fieldValidation=Strict", body, APPLY)
    assert (status, told["message"].split(":")[0]) == (400, "error strict decoding YAML")


async def test_an_apply_that_changes_nothing_writes_nothing(world):
    _, first = await world.told("PATCH", A + "?fieldManager=m", config_map(data={"k": "1"}), APPLY)
    _, second = await world.told("PATCH", A + "?fieldManager=m", config_map(data={"k": "1"}), APPLY)
    assert first == second


@pytest.mark.parametrize(
    ("path", "code", "key"),
    [
        (CONFIG_MAPS, 404, ""),
        ("/api/v1/namespaces/ns/endpoints", 409, "Key: /registry/services/endpoints/ns/a,"),
        ("/api/v1/namespaces/ns/endpoints?dryRun=All", 409, "Key: /services/endpoints/ns/a,"),
    ],
)
async def test_a_put_with_a_uid_of_what_is_not_there_is_a_conflict_where_it_would_create(world, path, code, key):
    path, mark, query = path.partition("?")
    status, told = await world.told("PUT", f"{path}/a{mark}{query}", {"metadata": {"name": "a", "uid": "u"}})
    assert status == code
    assert key in told["message"]


async def test_an_update_that_lets_a_marked_object_go_answers_it_at_its_last_version(world):
    await world.ask("POST", CONFIG_MAPS, {"metadata": {"name": "a", "finalizers": ["x.io/a"]}})
    _, marked = await world.told("DELETE", A)
    status, gone = await world.told("PATCH", A, {"metadata": {"finalizers": None}}, MERGE)
    assert (status, gone["metadata"]["resourceVersion"]) == (200, marked["metadata"]["resourceVersion"])
    assert (await world.told("GET", A))[0] == 404


async def test_a_change_that_leaves_no_metadata_names_no_object(made):
    """As a custom object's patch may."""
    context = Context(Request("PATCH", A, "", CIMultiDict(), fixed_body(b"")), NOW, parse("PATCH", A, ""))
    scope = made.scopes.find("", "v1", "configmaps", "")
    options = write_options((), "PatchOptions", patch=True)
    change = Change(context, scope, options, "m", lambda old: {"kind": "ConfigMap", "metadata": None}, patches=True)
    with pytest.raises(ApiError, match=r"the name of the object \(a based on URL\) was undeterminable"):
        await run(change)


async def test_a_new_time_of_creation_is_ignored_and_one_of_deletion_refused(made):
    time = "2001-01-01T00:00:00Z"
    status, told = await made.told("PATCH", A, {"metadata": {"creationTimestamp": time}}, MERGE)
    assert (status, told["metadata"]["creationTimestamp"] != time) == (200, True)
    for name, value in (("deletionTimestamp", time), ("deletionGracePeriodSeconds", 5)):
        status, told = await made.told("PATCH", A, {"metadata": {name: value}}, MERGE)
        assert (status, told["details"]["causes"][0]["field"]) == (422, f"metadata.{name}")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MERGE, {"apiVersion": None}),
        (MERGE, {"apiVersion": ""}),
        (JSON_PATCH, [{"op": "remove", "path": "/apiVersion"}]),
    ],
)
async def test_an_object_without_a_version_has_no_known_field(made, media_type, body):
    reply = await made.ask("PATCH", A, body, media_type)
    warned = [v for k, v in reply.headers if k == "Warning"]
    assert (reply.status, len(warned)) == (400, 2)
    assert b"was undeterminable: name must be provided" in reply.body
