"""Where requests to pods, services, nodes and kubelets go, and what is said where they cannot."""

from typing import Any

import pytest
from multidict import CIMultiDict

from miniapi.client.outbound import Trust
from miniapi.clock import utc_now
from miniapi.endpoints.context import Context
from miniapi.errors import ApiError
from miniapi.kube.handlers.connect import split_name, split_path
from miniapi.kube.handlers.kubelets import Kubelets
from miniapi.kube.handlers.pod_streams import PodStream, container_of
from miniapi.kube.handlers.proxies import NodeLocator, PodLocator, ServiceLocator
from miniapi.kube.handlers.upgrade_aware_proxy import Location, proxy
from miniapi.kube.kubelet_options import ADDRESS_TYPES
from miniapi.meta.objects import Object
from miniapi.meta.request_info import parse
from miniapi.registry.encoding import StoredForm
from miniapi.registry.resource import Resource
from miniapi.storage.memory import MemoryStore
from miniapi.wire import Reply, Request, no_body
from tests.admission.world import ALICE, World

TRUST = Trust(insecure=True)


async def resource(plural: str, namespaced: bool, *objects: Object) -> Resource:
    made = Resource(MemoryStore(), plural, StoredForm(), namespaced=namespaced)
    for obj in objects:
        full = {"kind": "X", "apiVersion": "v1", **obj}
        await made.create("ns" if namespaced else "", obj["metadata"]["name"], full)
    return made


async def told(waiting: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as raised:
        await waiting
    return raised.value.code, raised.value.message


def pod(name: str = "p", ip: str = "10.0.0.9", **spec: Any) -> Object:
    containers = [{"name": "c", "ports": [{"containerPort": 8080}]}]
    return {
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"containers": containers, **spec},
        "status": {"podIPs": [{"ip": ip}]},
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a", ("", "a", "")), ("a:web", ("", "a", "web")), ("https:a:443", ("https", "a", "443")), (":80", None)],
)
def test_names_carry_schemes_and_ports(text: str, parts: tuple[str, str, str] | None) -> None:
    if parts is None:
        with pytest.raises(ApiError, match='invalid pod request ":80"'):
            split_name(text, "pod")
    else:
        assert split_name(text, "pod") == parts


async def test_a_pod_is_reached_at_its_first_port_but_not_at_this_machine_s_address() -> None:
    locator = PodLocator(await resource("pods", True, pod(), pod("lo", "127.0.0.1")))
    assert await locator.locate("ns", "p") == Location("http", "10.0.0.9", 8080)
    assert await locator.locate("ns", "https:p:9") == Location("https", "10.0.0.9", 9)
    assert await told(locator.locate("ns", "lo")) == (400, "address not allowed")
    assert await told(locator.locate("ns", "no")) == (404, 'pods "no" not found')


async def test_a_service_is_reached_at_a_pod_that_its_endpoints_name() -> None:
    ref = {"kind": "Pod", "namespace": "ns", "name": "p"}
    forged = {"ip": "10.0.0.10", "targetRef": ref}
    subset = {"addresses": [forged, {"ip": "10.0.0.9", "targetRef": ref}], "ports": [{"name": "web", "port": 8080}]}
    services = await resource(
        "services", True, {"metadata": {"name": "s"}, "spec": {"ports": [{"name": "web", "port": 80}]}}
    )
    endpoints = await resource(
        "endpoints", True, {"metadata": {"name": "s"}, "subsets": [subset]}, {"metadata": {"name": "e"}}
    )
    locator = ServiceLocator(services, endpoints, await resource("pods", True, pod()))
    for name in ("s:web", "s:80"):
        assert await locator.locate("ns", name) == Location("http", "10.0.0.9", 8080)
    assert await told(locator.locate("ns", "s")) == (503, 'no endpoints available for service "s"')
    assert await told(locator.locate("ns", "s:81")) == (503, 'no service port 81 found for service "s"')
    assert await told(locator.locate("ns", "e:web")) == (503, 'no endpoints available for service "e"')
    assert await told(locator.locate("ns", "x:web")) == (404, 'services "x" not found')


async def test_a_node_is_reached_at_its_kubelet_and_other_ports_not_on_this_machine() -> None:
    addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
    status = {"addresses": addresses, "daemonEndpoints": {"kubeletEndpoint": {"Port": 1234}}}
    nodes = await resource(
        "minions", False, {"metadata": {"name": "n"}, "status": status}, {"metadata": {"name": "bare"}}
    )
    kubelets = Kubelets(nodes, ADDRESS_TYPES, TRUST)
    assert await kubelets.locate("n") == Location("https", "127.0.0.1", 1234, trust=TRUST)
    assert await told(kubelets.locate("no")) == (404, 'nodes "no" not found')
    assert await told(kubelets.locate("bare")) == (500, "no preferred addresses found; known addresses: []")
    locator = NodeLocator(kubelets)
    assert await locator.locate("", "n:1234") == Location("https", "127.0.0.1", 1234, trust=TRUST)
    assert await told(locator.locate("", "n:22")) == (400, "address not allowed")


def test_a_container_must_be_named_where_there_are_several() -> None:
    two = pod(containers=[{"name": "c"}, {"name": "d"}])
    assert container_of(pod(), "") == "c"
    with pytest.raises(ApiError, match=r"must be specified for pod p, choose one of: \[c d\]"):
        container_of(two, "")
    with pytest.raises(ApiError, match="container x is not valid for pod p"):
        container_of(two, "x")


class Backend:
    """What answers behind the proxy."""

    def __init__(self, reply: Reply | OSError) -> None:
        self.reply = reply
        self.seen: list[Request] = []

    async def send(self, request: Request, trust: Trust | None = None) -> Reply:
        self.seen.append(request)
        if isinstance(self.reply, OSError):
            raise self.reply
        return self.reply

    async def dial(self, host: str, port: int, *, tls: bool, trust: Trust | None = None) -> Any:
        raise ConnectionError("dial tcp 10.0.0.9:80: connect: connection refused")


def asking(path: str, **headers: str) -> Context:
    request = Request("GET", path, "", CIMultiDict(headers), no_body)
    return Context(request, utc_now(), parse("GET", path, ""))


PATH = "/api/v1/namespaces/ns/pods/p/proxy"


async def test_the_path_below_proxy_goes_through_without_the_token_and_redirects_stay_inside() -> None:
    backend = Backend(Reply(302, b"", "text/plain", [("Location", "/b"), ("Connection", "close")]))
    context = asking(f"{PATH}/a/", Authorization="Bearer x")
    prefix, path = split_path(context)
    assert (prefix, path) == (PATH, "/a/")
    reply = await proxy(context, backend, Location("http", "10.0.0.9", 80, path), prefix)
    assert backend.seen[0].path == "http://10.0.0.9:80/a/"
    assert "Authorization" not in backend.seen[0].headers
    assert backend.seen[0].headers["X-Forwarded-Uri"] == f"{PATH}/a/"
    assert reply.headers == [("Location", f"{PATH}/b")]


async def test_an_empty_path_is_sent_to_the_root() -> None:
    reply = await proxy(asking(PATH), Backend(Reply(200)), Location("http", "10.0.0.9", 80), PATH)
    assert (reply.status, reply.headers) == (301, [("Location", f"{PATH}/")])


async def test_what_is_not_reached_is_unavailable_and_an_upgrade_a_failure() -> None:
    refused = ConnectionError("dial tcp 10.0.0.9:80: connect: connection refused")
    location = Location("http", "10.0.0.9", 80, "/a")
    plain = proxy(asking(f"{PATH}/a"), Backend(refused), location, PATH)
    assert await told(plain) == (503, f"error trying to reach service: {refused}")
    upgrade = proxy(asking(f"{PATH}/a", Connection="Upgrade", Upgrade="websocket"), Backend(refused), location, PATH)
    assert await told(upgrade) == (500, f"error dialing backend: {refused}")


async def test_a_websocket_needs_the_right_to_create_though_it_is_a_get() -> None:
    world = World()
    empty = await resource("pods", True)
    stream = PodStream(empty, Kubelets(empty, ADDRESS_TYPES, TRUST), Backend(Reply(200)), world)
    path = "/api/v1/namespaces/ns/pods/p/exec"
    context = asking(path, Connection="Upgrade", Upgrade="websocket")
    context.user = ALICE
    scope: Any = None
    assert await told(stream.serve(context, scope)) == (
        403,
        'pods "p" is forbidden: User "alice" cannot create resource "pods/exec" in API group "" in the namespace "ns"',
    )
