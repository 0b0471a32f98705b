"""/flagz and /statusz: text for people, objects for whoever asks for their kind."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.errors import ApiError
from miniapi.meta.request_info import parse
from miniapi.server.zpages import ZPages
from miniapi.wire import Request, no_body

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PAGES = ZPages(
    {"v": "2", "bind-address": "::1"}, STARTED, "1.36", "1.35", lambda: STARTED + timedelta(hours=1, seconds=62)
).paths(lambda: ["/", "/api", "/api/v1", "/apis/apps", "/healthz", "/healthz/ping", "/openapi/v2", "/version"])


def context(path: str, accept: str | None) -> Context:
    headers = CIMultiDict({"Accept": accept} if accept is not None else {})
    return Context(Request("GET", path, "", headers, no_body), STARTED, parse("GET", path, ""))


async def ask(path: str, accept: str | None = None):
    return await PAGES[path](context(path, accept))


@pytest.mark.parametrize("accept", [None, "", "*/*", "text/plain", "text/html,*/*;q=0.8"])
async def test_people_get_text(accept):
    reply = await ask("/flagz", accept)
    assert (reply.status, reply.content_type) == (200, "text/plain; charset=utf-8")
    assert reply.body.decode().startswith("\nkube-apiserver flagz\nWarning: ")
    assert reply.body.decode().endswith("\nbind-address=::1\nv=2\n")


async def test_status_tells_times_versions_and_paths():
    text = (await ask("/statusz")).body.decode()
    for line in (
        "Started: Fri Jan  2 03:04:05 UTC 2026",
        "Up: 1 hr 01 min 02 sec",
        "Binary version: 1.36.0",
        "Emulation version: 1.35",
        "Paths: /healthz /version",
    ):
        assert line in text.splitlines()


async def test_whoever_asks_for_the_kind_gets_an_object():
    reply = await ask("/statusz", "application/json;as=Statusz;v=v1beta1;g=config.k8s.io")
    assert json.loads(reply.body) | {"goVersion": ""} == {
        "kind": "Statusz",
        "apiVersion": "config.k8s.io/v1beta1",
        "metadata": {"name": "kube-apiserver"},
        "startTime": "2026-01-02T03:04:05Z",
        "uptimeSeconds": 3662,
        "goVersion": "",
        "binaryVersion": "1.36.0",
        "emulationVersion": "1.35",
        "paths": ["/healthz", "/version"],
    }


async def test_the_old_version_is_warned_of():
    asked = context("/flagz", "application/yaml;as=Flagz;v=v1alpha1;g=config.k8s.io")
    reply = await PAGES["/flagz"](asked)
    assert reply.content_type == "application/yaml"
    assert asked.warnings == ["This version of the flagz endpoint is deprecated. Please use a newer version."]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/vnd.kubernetes.protobuf",
        "application/json;as=Flagz;v=v2;g=config.k8s.io",
        "application/json;as=Statusz;v=v1beta1;g=config.k8s.io",
        "text/plain;as=Flagz;v=v1beta1;g=config.k8s.io",
    ],
)
async def test_other_forms_are_not_acceptable(accept):
    with pytest.raises(ApiError) as raised:
        await ask("/flagz", accept)
    assert (raised.value.code, raised.value.message) == (
        406,
        "only the following media types are accepted: application/json, application/yaml, text/plain",
    )
