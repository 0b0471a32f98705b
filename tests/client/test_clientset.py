"""The clientset over HTTPS against a running server, in both wire formats."""

import asyncio

import pytest

from miniapi.client.client import Client
from miniapi.client.clientset import Clientset
from miniapi.client.config import ClientConfig
from miniapi.client.informers import SharedInformerFactory
from miniapi.errors import ApiError
from miniapi.server.serving import HttpServer
from miniapi.wire import JSON, PROTOBUF, Reply


@pytest.fixture
async def serving(server):
    serving = server.config.serving
    http = HttpServer(server.handler.serve, 5.0)
    await http.start(serving.listener, serving.tls.context)
    yield serving
    await http.stop_listening()
    await http.end_streams()
    await http.close()


@pytest.fixture(params=[JSON, PROTOBUF])
async def clients(serving, request):
    certificate, key = serving.certificates.pair("admin")
    config = ClientConfig(
        f"https://127.0.0.1:{serving.port}",
        ca=serving.certificates.ca.read_bytes(),
        certificate=certificate.read_bytes(),
        key=key.read_bytes(),
        content_type=request.param,
    )
    async with Clientset(config) as clients:
        yield clients


def configmap(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_every_verb_of_a_resource(clients):
    configmaps = clients.resource("v1", "configmaps", "default")
    created = await configmaps.create(configmap("a", k="1"))
    assert created["metadata"]["uid"]
    updated = await configmaps.update({**created, "data": {"k": "2"}})
    assert (await configmaps.get("a"))["data"] == updated["data"] == {"k": "2"}
    assert (await configmaps.patch("a", {"data": {"k": "3"}}))["data"] == {"k": "3"}
    applied = await configmaps.apply(configmap("b", x="y"), "me")
    assert applied["metadata"]["managedFields"][0]["manager"] == "me"
    listed = await configmaps.list(labelSelector="")
    assert [(i["kind"], i["apiVersion"], i["metadata"]["name"]) for i in listed["items"]] == [
        ("ConfigMap", "v1", "a"),
        ("ConfigMap", "v1", "b"),
    ]
    assert [o["metadata"]["name"] async for o in configmaps.pages(limit=1)] == ["a", "b"]
    await configmaps.delete("a")
    await configmaps.delete_collection()
    assert (await configmaps.list())["items"] == []


async def test_failures_are_the_servers_own_words(clients):
    with pytest.raises(ApiError) as raised:
        await clients.resource("v1", "configmaps", "default").get("a")
    assert (raised.value.code, raised.value.reason) == (404, "NotFound")
    assert raised.value.message == 'configmaps "a" not found'
    with pytest.raises(ApiError) as raised:
        await clients.resource("v1", "configmaps", "default").create(configmap("A"))
    assert raised.value.causes[0].field == "metadata.name"


async def test_a_watch_tells_of_changes_as_they_come(clients):
    configmaps = clients.resource("v1", "configmaps", "default")
    version = (await configmaps.list())["metadata"]["resourceVersion"]
    await configmaps.create(configmap("a"))
    await configmaps.delete("a")
    seen = []
    async for event, obj in configmaps.watch(resourceVersion=version, timeoutSeconds="5"):
        seen.append((event, obj["metadata"]["name"]))
        if len(seen) == 2:
            break
    assert seen == [("ADDED", "a"), ("DELETED", "a")]


async def test_informers_follow_a_server_over_the_network(clients):
    async with SharedInformerFactory(clients.client) as informers:
        informer = informers.informer("", "v1", "configmaps", "default")
        await informers.wait_for_sync()
        await clients.resource("v1", "configmaps", "default").create(configmap("a"))
        async with asyncio.timeout(5):
            while informer.get("default", "a") is None:
                await asyncio.sleep(0.005)


class Answers:
    """A transport that answers what it was told to, in order; a status, or an exception to raise."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), 0

    async def send(self, request):
        del request
        self.sent += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, b"{}", JSON, [("Retry-After", "0")] if answer in (429, 503) else [])


async def test_what_the_server_asks_to_be_asked_again_is_and_a_broken_read_too():
    transport = Answers(429, 503, ConnectionError(), 200)
    assert await Client(transport).get("", "v1", "configmaps", "default", "a") == {}
    assert transport.sent == 4


async def test_a_write_whose_connection_broke_is_not_sent_twice():
    transport = Answers(ConnectionError())
    with pytest.raises(ConnectionError):
        await Client(transport).create("", "v1", "configmaps", "default", configmap("a"))
    assert transport.sent == 1


async def test_an_error_without_retry_after_is_told_at_once():
    transport = Answers(500)
    with pytest.raises(ApiError):
        await Client(transport).get("", "v1", "configmaps", "default", "a")
    assert transport.sent == 1


async def test_the_loopback_config_is_a_privileged_identity_over_https_too(server, serving):
    async with Clientset(server.config.loopback_client_config) as clients:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        created = await clients.resource("authentication.k8s.io/v1", "selfsubjectreviews").create(review)
    user = created["status"]["userInfo"]
    assert (user["username"], user["groups"]) == ("system:apiserver", ["system:masters", "system:authenticated"])


async def test_a_watch_over_websocket_is_one_message_an_event(server, serving):
    import aiohttp

    config = server.config.loopback_client_config
    client = server.config.client
    await client.create("", "v1", "configmaps", "default", configmap("a"))
    url = f"{config.host}/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Da"
    headers = {"Authorization": f"Bearer {config.bearer_token}"}
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers, ssl=config.tls()) as socket:
        assert (await socket.receive_json(timeout=5))["type"] == "ADDED"
        await client.delete("", "v1", "configmaps", "default", "a")
        deleted = await socket.receive_json(timeout=5)
        assert (deleted["type"], deleted["object"]["metadata"]["name"]) == ("DELETED", "a")
