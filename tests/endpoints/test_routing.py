"""What is judged before a verb runs: path, method, media types."""

from contextlib import nullcontext

import pytest
from multidict import CIMultiDict

from miniapi.admission.chain import AdmissionChain
from miniapi.clock import utc_now
from miniapi.endpoints.context import Context
from miniapi.endpoints.routing import route
from miniapi.endpoints.scale import scale_printer
from miniapi.errors import ApiError
from miniapi.kube.scopes import KubeScopes
from miniapi.meta.request_info import parse
from miniapi.wire import Request, fixed_body
from tests.endpoints.world import CONFIG_MAPS, MERGE, NOW

LISTS = (
    "application/json, application/yaml, application/vnd.kubernetes.protobuf, "
    "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("HEAD", CONFIG_MAPS, 405),
        ("OPTIONS", CONFIG_MAPS, 405),
        ("POST", CONFIG_MAPS + "/a", 405),
        ("PUT", CONFIG_MAPS, 405),
        ("POST", "/api/v1/configmaps", 405),
        ("POST", "/api/v1/watch/namespaces/ns/configmaps", 405),
        ("GET", "/api/v1/configmaps/a", 404),
        ("GET", "/api/v1/namespaces/ns/nodes", 404),
        ("GET", "/api/v1/namespaces/ns/namespaces/ns", 404),
        ("GET", "/api/v1/namespaces/ns/bindings/a", 404),
        ("GET", "/api/v1/namespaces/ns/bindings", 405),
    ],
)
async def test_paths_and_methods_that_no_route_has(world, method, path, code):
    status, told = await world.told(method, path)
    assert (status, told["details"]) == (code, {})


@pytest.mark.parametrize(
    ("resource", "path", "code"),
    [
        (("", "v1", "pods", "log"), "/api/v1/namespaces/ns/pods/p/log", None),
        (("", "v1", "pods", "log"), "/api/v1/namespaces/ns/pods/p/log/x", 404),
        (("", "v1", "pods", "exec"), "/api/v1/namespaces/ns/pods/p/exec/x", 404),
        (("", "v1", "pods", "proxy"), "/api/v1/namespaces/ns/pods/p/proxy/x/y", None),
    ],
)
def test_only_a_proxy_has_paths_behind_a_subresource(world, resource, path, code):
    handled = KubeScopes(
        world.scopes.catalog,
        world.scopes.schemas,
        world.scopes.resource_for,
        world.scopes.printer_for,
        AdmissionChain(),
        utc_now,
        1800,
        {(resource[0], *resource[2:]): object()},
    )
    context = Context(Request("GET", path, "", CIMultiDict(), fixed_body(b"")), NOW, parse("GET", path, ""))
    with pytest.raises(ApiError) if code else nullcontext():
        route(context, handled.find(*resource))


async def test_a_patch_of_another_media_type_is_refused_before_the_answer_is_negotiated(world):
    status, told = await world.told("PATCH", CONFIG_MAPS + "/a", {}, "application/json", Accept="text/html")
    assert (status, told["message"], told["details"]) == (415, "415: Unsupported Media Type", {})


async def test_an_answer_in_no_known_form_is_refused_with_the_forms_of_the_route(world):
    status, told = await world.told("GET", CONFIG_MAPS, Accept="text/html")
    assert (status, told["message"]) == (406, f"406: Not Acceptable\n\nAvailable representations: {LISTS}")


async def test_a_write_without_a_body_in_no_known_form_is_told_of_its_body(world):
    status, _ = await world.told("PATCH", CONFIG_MAPS + "/a", Accept="text/html", Content_Type=MERGE)
    assert status == 415


def test_a_scale_is_printed_as_a_scale():
    shown = {"metadata": {"name": "d"}, "spec": {"replicas": 3}, "status": {"replicas": 1}}
    table = scale_printer(lambda: NOW).table([shown], {}, "v1")
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"][:3] == ["d", 3, 1]
