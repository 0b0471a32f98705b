"""Lists and watches: which revision, which page, what is refused."""

import pytest

from miniapi.registry import continuation
from tests.endpoints.world import CONFIG_MAPS, config_map


@pytest.fixture
async def three(world):
    for name in "abc":
        await world.ask("POST", CONFIG_MAPS, config_map(name))
    return world


def names(listed):
    return "".join(o["metadata"]["name"] for o in listed["items"])


async def test_a_continue_token_goes_on_at_the_revision_of_its_list(three):
    _, first = await three.told("GET", CONFIG_MAPS + "?limit=2")
    assert (names(first), first["metadata"]["remainingItemCount"]) == ("ab", 1)
    await three.ask("DELETE", CONFIG_MAPS + "/c")
    _, rest = await three.told("GET", CONFIG_MAPS + "?continue=" + first["metadata"]["continue"])
    assert (names(rest), rest["metadata"]) == ("c", {"resourceVersion": first["metadata"]["resourceVersion"]})


async def test_an_expired_token_comes_with_one_for_an_inconsistent_rest(three):
    _, first = await three.told("GET", CONFIG_MAPS + "?limit=2")
    await three.ask("DELETE", CONFIG_MAPS + "/c")
    await three.store.compact(await three.store.revision())
    status, told = await three.told("GET", CONFIG_MAPS + "?continue=" + first["metadata"]["continue"])
    assert (status, told["reason"]) == (410, "Expired")
    token = told["metadata"]["continue"]
    assert continuation.decode(token) == ("b", continuation.LATEST)
    _, rest = await three.told("GET", CONFIG_MAPS + "?continue=" + token)
    assert names(rest) == ""


async def test_a_selector_hides_how_many_remain(three):
    _, listed = await three.told("GET", CONFIG_MAPS + "?limit=1&fieldSelector=metadata.name!%3Da")
    assert "remainingItemCount" not in listed["metadata"]


async def test_exact_reads_the_past_and_zero_reads_all(three):
    _, before = await three.told("GET", CONFIG_MAPS)
    await three.ask("DELETE", CONFIG_MAPS + "/a")
    version = before["metadata"]["resourceVersion"]
    for query, expected in [
        (f"resourceVersion={version}&resourceVersionMatch=Exact", "abc"),
        (f"resourceVersion={version}&limit=2", "ab"),
        (f"resourceVersion={version}", "bc"),
        ("resourceVersion=0&limit=1", "bc"),
    ]:
        assert names((await three.told("GET", f"{CONFIG_MAPS}?{query}"))[1]) == expected


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("limit=", 400, 'strconv.ParseInt: parsing "": invalid syntax'),
        (
            "resourceVersion=x",
            400,
            'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": '
            "invalid syntax",
        ),
        ("sendInitialEvents=true", 422, "sendInitialEvents is forbidden for list"),
        ("watch=1&continue=x", 422, "resourceVersionMatch is forbidden when continue is provided"),
        ("watch=1&sendInitialEvents=false", 422, "requires setting resourceVersionMatch to NotOlderThan"),
        ("watch=1&resourceVersionMatch=NotOlderThan", 422, "forbidden for watch unless sendInitialEvents is provided"),
        ("resourceVersion=0&resourceVersionMatch=Exact", 422, 'is forbidden for resourceVersion "0"'),
    ],
)
async def test_options_that_cannot_be_read_or_do_not_go_together(world, query, code, message):
    status, told = await world.told("GET", f"{CONFIG_MAPS}?{query}")
    assert (status, told["message"][-len(message) :]) == (code, message)


async def test_a_collection_is_deleted_by_its_options_and_answered_as_it_was(three):
    status, deleted = await three.told("DELETE", CONFIG_MAPS + "?fieldSelector=metadata.name%3Db")
    assert (status, names(deleted)) == (200, "b")
    assert names((await three.told("GET", CONFIG_MAPS))[1]) == "ac"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", 400, "couldn't get version/kind; json parse error: unexpected end of JSON input"),
        (
            {"kind": "Pod", "apiVersion": "v1"},
            400,
            'no kind "Pod" is registered for version "v1" in scheme '
            '"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"',
        ),
        (
            {"preconditions": {"uid": 5}},
            400,
            "json: cannot unmarshal number into Go struct field Preconditions.preconditions.uid of type types.UID",
        ),
        (
            {"dryRun": [1]},
            400,
            "json: cannot unmarshal number into Go struct field DeleteOptions.dryRun of type string",
        ),
        ({"propagationPolicy": "Foo"}, 422, 'supported values: "Foreground", "Background", "Orphan", "nil"'),
        ({"preconditions": {"uid": "u"}}, 409, "The object might have been deleted and then recreated"),
    ],
)
async def test_delete_options_that_do_not_fit(three, body, code, message):
    status, told = await three.told("DELETE", CONFIG_MAPS + "/a", body)
    assert (status, told["message"][-len(message) :]) == (code, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"kind": "Status", "apiVersion": "v1"}, "converting (v1.Status) to (v1.DeleteOptions): unknown conversion"),
        (
            {"kind": "Table", "apiVersion": "meta.k8s.io/v1"},
            "converting (v1.Table) to (v1.DeleteOptions): unknown conversion",
        ),
    ],
)
async def test_known_types_that_are_no_delete_options_are_not_converted(three, body, message):
    status, told = await three.told("DELETE", CONFIG_MAPS + "/a", body)
    assert (status, told["message"]) == (400, message)


@pytest.mark.parametrize(("query", "code"), [("resourceVersion=999", 409), ("uid=other", 409), ("uid=", 200)])
async def test_a_delete_query_carries_preconditions(three, query, code):
    status, _told = await three.told("DELETE", CONFIG_MAPS + "/a?" + query)
    assert status == code


async def test_an_export_is_refused_where_it_is_asked_for(three):
    status, told = await three.told("GET", CONFIG_MAPS + "/a?export=true")
    assert (status, told["message"]) == (400, "the export parameter, deprecated since v1.14, is no longer supported")
    assert (await three.told("GET", CONFIG_MAPS + "/a?export=false"))[0] == 200


@pytest.mark.parametrize("selector", ["%3D", "!%3D", "%3D%3D", "%3D,metadata.name%3Da"])
async def test_a_term_of_nothing_selects_everything(world, selector):
    for name in ("a", "b"):
        await world.told("POST", CONFIG_MAPS, config_map(name))
    _, listed = await world.told("GET", f"{CONFIG_MAPS}?fieldSelector={selector}")
    assert [o["metadata"]["name"] for o in listed["items"]] == (["a"] if "name" in selector else ["a", "b"])


async def test_nothing_is_no_field_that_has_a_value(world):
    status, told = await world.told("GET", f"{CONFIG_MAPS}?fieldSelector=%3Dx")
    assert (status, told["message"]) == (
        400,
        '"" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )


async def test_no_metadata_of_no_object_is_null(world):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    status, listed = await world.told("GET", "/api/v1/namespaces/none/configmaps", Accept=accept)
    assert (status, listed["kind"], listed["items"]) == (200, "PartialObjectMetadataList", None)
