"""Bodies that cannot be read, or are not what the URL says."""

import pytest

from tests.endpoints.world import CONFIG_MAPS, config_map

UNREAD = "the object provided is unrecognized (must be of type ConfigMap): "
JSON_ERROR = UNREAD + "couldn't get version/kind; json parse error: "
HANDLED = "cannot be handled as a ConfigMap: "


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", JSON_ERROR + "unexpected end of JSON input (<empty>)"),
        (b'{"a":', JSON_ERROR + 'unexpected end of JSON input ({"a":)'),
        (b"hello", JSON_ERROR + "invalid character 'h' looking for beginning of value (68656c6c6f)"),
        (
            b'{"kind":5}',
            JSON_ERROR + 'json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})',
        ),
        (b'{"apiVersion":"a/b/c"}', UNREAD + 'unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})'),
        (
            {**config_map(), "kind": "Secret"},
            f'Secret in version "v1" {HANDLED}converting (v1.Secret) to (core.ConfigMap): unknown conversion',
        ),
        (
            {**config_map(), "kind": "Nope"},
            f'Nope in version "v1" {HANDLED}no kind "Nope" is registered for version "v1" in scheme '
            '"pkg/api/legacyscheme/scheme.go:30"',
        ),
    ],
)
async def test_what_is_said_of_a_body_that_is_no_config_map(world, body, message):
    status, told = await world.told("POST", CONFIG_MAPS, body)
    assert (status, told["message"]) == (400, message)


@pytest.mark.parametrize("number", ["1e3", "99999999999999999999", "1.50"])
async def test_numbers_that_do_not_fit_are_told_as_they_are_written(world, number):
    body = b'{"metadata":{"name":"a","generation":' + number.encode() + b"}}"
    _, told = await world.told("POST", CONFIG_MAPS, body)
    assert told["message"].endswith(
        f"json: cannot unmarshal number {number} into Go struct field ObjectMeta.metadata.generation of type int64"
    )


async def test_half_a_surrogate_pair_is_replaced(world):
    status, made = await world.told("POST", CONFIG_MAPS, b'{"metadata":{"name":"a"},"data":{"k":"\\ud83d\\u00e9"}}')
    assert (status, made["data"]) == (201, {"k": "\ufffd\xe9"})


async def test_a_long_body_that_cannot_be_read_is_shown_by_its_start(world):
    _, told = await world.told("POST", CONFIG_MAPS, b"x" * 31)
    assert told["message"].endswith("(" + "78" * 30 + " ...)")


async def test_type_and_namespace_are_taken_from_the_url(world):
    status, made = await world.told("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (status, made["kind"], made["metadata"]["namespace"]) == (201, "ConfigMap", "ns")


async def test_a_namespace_on_a_cluster_kind_is_dropped(world):
    status, made = await world.told("POST", "/api/v1/nodes", {"metadata": {"name": "n", "namespace": "x"}})
    assert (status, made["metadata"].get("namespace")) == (201, None)


async def test_a_new_object_with_a_resource_version_is_a_server_error_unless_dry(world):
    body = {"metadata": {"name": "a", "resourceVersion": "5"}}
    status, told = await world.told("POST", CONFIG_MAPS, body)
    assert (status, told["message"]) == (500, "resourceVersion should not be set on objects to be created")
    assert (await world.told("POST", CONFIG_MAPS + "?dryRun=All", body))[0] == 201


async def test_metadata_comes_in_the_order_of_its_struct(world):
    body = {"metadata": {"finalizers": ["x.io/a"], "name": "a", "labels": {"b": "c"}}}
    _, made = await world.told("POST", CONFIG_MAPS + "?dryRun=All", body)
    assert [k for k in made["metadata"] if k != "managedFields"] == [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "labels",
        "finalizers",
    ]


@pytest.mark.parametrize("dry_run", ["", "?dryRun=All"])
async def test_a_name_that_is_taken_says_whether_it_soon_will_not_be(world, dry_run):
    body = {"metadata": {"name": "a", "finalizers": ["x.io/a"]}}
    await world.ask("POST", CONFIG_MAPS, body)
    status, told = await world.told("POST", CONFIG_MAPS + dry_run, body)
    assert (status, told["message"]) == (409, 'configmaps "a" already exists')
    await world.ask("DELETE", CONFIG_MAPS + "/a")
    _, told = await world.told("POST", CONFIG_MAPS + dry_run, body)
    assert told["message"] == 'object is being deleted: configmaps "a" already exists'


async def test_a_name_beside_a_generate_name_is_not_generated_anew(world):
    body = {"metadata": {"name": "a", "generateName": "a-"}}
    await world.ask("POST", CONFIG_MAPS, body)
    status, told = await world.told("POST", CONFIG_MAPS, body)
    assert (status, told["details"]["retryAfterSeconds"]) == (409, 1)
    assert told["message"].endswith("the server was not able to generate a unique name for the object")


async def test_complaints_come_as_a_reader_of_the_body_meets_them(world):
    body = b'{"bogus":{"a":1,"a":2},"metadata":{"name":"a","name":"b","x":1},"data":{"k":"1","k":"2"},"other":1}'
    _, told = await world.told("POST", CONFIG_MAPS + "?fieldValidation=Strict", body)
    assert told["message"].split("strict decoding error: ")[1].split(", ") == [
        'unknown field "bogus"',
        'duplicate field "metadata.name"',
        'unknown field "metadata.x"',
        'duplicate field "data.k"',
        'unknown field "other"',
    ]


def warnings(reply):
    return [value for name, value in reply.headers if name == "Warning"]


async def test_warnings_that_no_header_can_carry_are_left_out(world):
    body = b"metadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\nbogus: 1\n"
    reply = await world.ask("POST", CONFIG_MAPS, body, "application/yaml")
    assert (reply.status, warnings(reply)) == (201, ['299 - "unknown field \\"bogus\\""'])


async def test_many_warnings_are_cut_short(world):
    body = {"metadata": {"name": "a"}, **{f"{i:02}" + "x" * 300: 1 for i in range(40)}}
    told = warnings(await world.ask("POST", CONFIG_MAPS, body))
    assert len(told) == 4096 // 256
    assert {len(t) for t in told} == {len('299 - ""') + 256 + 1}


async def test_another_type_that_is_known_is_read_as_what_it_says_it_is(world):
    _, told = await world.told(
        "POST", "/apis/apps/v1/namespaces/ns/deployments", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": []}
    )
    assert told["message"].endswith(
        "cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta"
    )
