"""What others serve: who is asked, as whom, and what is said while they are away."""

import asyncio
import base64
import json
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from miniapi.aggregator.availability import Availability
from miniapi.aggregator.remote import Proxy, ProxyIdentity, RemoteServices
from miniapi.aggregator.remote_kinds import RemoteKinds
from miniapi.client.services import ServiceResolver
from miniapi.endpoints.context import Context
from miniapi.meta.request_info import parse
from miniapi.meta.user import UserInfo
from miniapi.wire import Reply, Request, no_body

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def api_service(available="True"):
    return {
        "metadata": {"name": "v1.agg.example.com", "resourceVersion": "1"},
        "spec": {
            "group": "agg.example.com",
            "version": "v1",
            "service": {"namespace": "ns", "name": "svc", "port": 443},
            "caBundle": base64.b64encode(b"pem").decode(),
        },
        "status": {"conditions": [{"type": "Available", "status": available, "reason": "", "message": ""}]},
    }


class Informer:
    def __init__(self, *objects):
        self.objects, self.changes = list(objects), 1

    def list(self):
        return self.objects

    def get(self, _namespace, name):
        return next(o for o in self.objects if o["metadata"]["name"] == name)

    def add_handler(self, handler):
        self.handler = handler


class Objects:
    """Services and endpoint slices as a resolver reads them."""

    def __init__(self, service=None, *slices):
        self.service, self.slices = service, slices

    async def get(self, group, plural, namespace, name):
        assert (group, plural, namespace, name) == ("", "services", "ns", "svc")
        return self.service

    async def list(self, group, plural, namespace=""):
        assert (group, plural, namespace) == ("discovery.k8s.io", "endpointslices", "ns")
        return self.slices


EXTERNAL = {"spec": {"type": "ExternalName", "externalName": "elsewhere"}}
CLUSTER = {"spec": {"type": "ClusterIP", "ports": [{"port": 443, "name": "https"}]}}
SLICE = {
    "metadata": {"labels": {"kubernetes.io/service-name": "svc"}},
    "ports": [{"name": "https", "port": 8443}],
    "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}, {"addresses": ["10.0.0.2"]}],
}


class Transport:
    def __init__(self, status=200, problem=None, body=b"{}"):
        self.status, self.problem, self.body, self.asked = status, problem, body, []

    async def send(self, request, trust=None):
        self.asked.append((request, trust))
        if self.problem:
            raise self.problem
        return Reply(self.status, self.body, headers=[("Connection", "close"), ("X-Kept", "yes")])


def proxy(transport, objects, service=None):
    services = RemoteServices(Informer(service or api_service()), ProxyIdentity())
    return Proxy(services, ServiceResolver(objects), transport)


def context(path, user=None, **headers):
    request = Request("GET", path, "a=b", CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()}), no_body)
    return Context(request, NOW, parse("GET", path, "a=b"), user or UserInfo("alice"))


async def test_the_caller_is_named_in_headers_and_its_own_credential_stays_here():
    transport = Transport()
    user = UserInfo("alice", "u1", ("devs",), {"example.com/Team": ("a", "b")})
    asked = context("/apis/agg.example.com/v1/things", user, Authorization="Bearer t", X_Remote_User="root", X_A="b")
    reply = await proxy(transport, Objects(EXTERNAL)).serve(asked)
    request, trust = transport.asked[0]
    assert (request.path, request.query) == ("https://elsewhere:443/apis/agg.example.com/v1/things", "a=b")
    assert list(request.headers.items()) == [
        ("X-A", "b"),
        ("X-Remote-User", "alice"),
        ("X-Remote-Uid", "u1"),
        ("X-Remote-Group", "devs"),
        ("X-Remote-Extra-example.com%2FTeam", "a"),
        ("X-Remote-Extra-example.com%2FTeam", "b"),
    ]
    assert (trust.ca, trust.server_name) == (b"pem", "svc.ns.svc")
    assert reply.headers == [("X-Kept", "yes")]


async def test_a_service_is_reached_at_a_ready_endpoint_of_its_port():
    transport = Transport()
    await proxy(transport, Objects(CLUSTER, SLICE)).serve(context("/apis/agg.example.com/v1"))
    assert transport.asked[0][0].path == "https://10.0.0.2:8443/apis/agg.example.com/v1"


@pytest.mark.parametrize("path", ["/apis/apps/v1/deployments", "/apis/agg.example.com", "/apis/agg.example.com/v2"])
async def test_what_nobody_else_serves_is_the_delegates(path):
    assert await proxy(Transport(), Objects()).serve(context(path)) is None


@pytest.mark.parametrize(
    ("transport", "objects", "service", "text"),
    [
        (Transport(), Objects(EXTERNAL), api_service("False"), b"service unavailable\n"),
        (Transport(), Objects(), None, b"service unavailable\n"),
        (
            Transport(problem=ConnectionError("dial tcp x: connect: connection refused")),
            Objects(EXTERNAL),
            None,
            b"error trying to reach service: dial tcp x: connect: connection refused\n",
        ),
    ],
)
async def test_a_server_that_is_away_is_503(transport, objects, service, text):
    reply = await proxy(transport, objects, service).serve(context("/apis/agg.example.com/v1"))
    assert (reply.status, reply.body, reply.content_type) == (503, text, "text/plain; charset=utf-8")


class Client:
    def __init__(self):
        self.written = asyncio.Queue()

    async def update(self, group, version, plural, namespace, obj, subresource):
        assert (plural, subresource) == ("apiservices", "status")
        await self.written.put(obj["status"]["conditions"])


@pytest.mark.parametrize(
    ("objects", "transport", "status", "reason", "message"),
    [
        (Objects(), Transport(), "False", "ServiceNotFound", 'service/svc in "ns" is not present'),
        (
            Objects({"spec": {"type": "ClusterIP", "ports": [{"port": 80}]}}),
            Transport(),
            "False",
            "ServicePortError",
            'service/svc in "ns" is not listening on port 443',
        ),
        (
            Objects(CLUSTER),
            Transport(),
            "False",
            "EndpointsNotFound",
            'cannot find endpointslices for service/svc in "ns"',
        ),
        (
            Objects(EXTERNAL),
            Transport(status=500),
            "False",
            "FailedDiscoveryCheck",
            "failing or missing response from https://svc.ns.svc:443/apis/agg.example.com/v1: "
            "bad status from https://svc.ns.svc:443/apis/agg.example.com/v1: 500",
        ),
        (Objects(EXTERNAL), Transport(status=403), "True", "Passed", "all checks passed"),
    ],
)
async def test_availability_is_told_in_the_status(objects, transport, status, reason, message):
    informer = Informer(api_service(available="Unknown"))
    services = RemoteServices(informer, ProxyIdentity())
    client = Client()
    checks = Proxy(services, ServiceResolver(objects), transport)
    kinds = RemoteKinds()
    task = asyncio.create_task(Availability(client, informer, services, checks, kinds, lambda: NOW).run())
    async with asyncio.timeout(5):
        conditions = await client.written.get()
    task.cancel()
    assert conditions == [
        {
            "type": "Available",
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
    ]


async def test_what_a_remote_server_serves_is_shown_while_it_is_up():
    things = {"name": "things", "singularName": "thing", "kind": "Thing", "namespaced": True, "verbs": ["get"]}
    below = {"name": "things/status", "kind": "Thing", "namespaced": True, "verbs": ["patch"]}
    body = json.dumps({"kind": "APIResourceList", "resources": [things, below]}).encode()
    informer, client, kinds = Informer(api_service("Unknown")), Client(), RemoteKinds()
    services, transport = RemoteServices(informer, ProxyIdentity()), Transport(body=body)
    checks = Proxy(services, ServiceResolver(Objects(EXTERNAL)), transport)
    availability = Availability(client, informer, services, checks, kinds, lambda: NOW)
    task = asyncio.create_task(availability.run())
    await client.written.get()
    (kind,) = kinds.kinds()
    assert (kind.gvk.api_version, kind.plural, kind.verbs) == ("agg.example.com/v1", "things", ("get",))
    assert kind.subresources["status"].verbs == ("patch",)
    transport.status = 500
    informer.handler("MODIFIED", {"spec": {}}, informer.objects[0])
    await client.written.get()
    task.cancel()
    assert kinds.kinds() == []
