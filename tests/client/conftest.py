"""A whole server in memory, asked in process: what the client's tests speak to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from miniapi.bootstrap import Server, build
from miniapi.client.client import Client
from miniapi.options.server import ServerDefaults, compose


@pytest.fixture
async def server(tmp_path) -> AsyncIterator[Server]:
    values = {"etcd-servers": ["memory://"], "data-dir": str(tmp_path), "secure-port": 0, "controllers": ["none"]}
    options, problems = compose(values, ServerDefaults.MINIAPI)
    assert not problems
    server = build(options)
    tasks: list[asyncio.Task[None]] = []
    try:
        await server.config.lifecycle.run_hooks()
        # What the tests make shall be all there is of its kind.
        await server.config.client.delete_collection("", "v1", "configmaps", "kube-system")
        async with asyncio.TaskGroup() as group:
            await server.config.informers.start(group, tasks)
            yield server
            for task in tasks:
                task.cancel()
    finally:
        server.config.serving.listener.close()
        await server.config.proxy_transport.close()
        await server.storage.close()


@pytest.fixture
def client(server) -> Client:
    return server.config.client
