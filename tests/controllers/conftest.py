"""A whole server in memory with its controllers running, asked in process."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from miniapi.bootstrap import build
from miniapi.client.client import Client
from miniapi.options.server import ServerDefaults, compose

CONTROLLERS = [
    "garbagecollector",
    "resourcequota",
    "disruption",
    "ttl-after-finished",
    "pvc-protection",
    "pv-protection",
]


@pytest.fixture
async def cluster(tmp_path) -> AsyncIterator[Client]:
    values = {"etcd-servers": ["memory://"], "data-dir": str(tmp_path), "secure-port": 0, "controllers": CONTROLLERS}
    options, problems = compose(values, ServerDefaults.MINIAPI)
    assert not problems
    server = build(options)
    tasks: list[asyncio.Task[None]] = []
    try:
        await server.config.lifecycle.run_hooks()
        async with asyncio.TaskGroup() as group:
            await server.config.informers.start(group, tasks)
            tasks += [group.create_task(c.run()) for c in server.controllers]
            yield server.config.client
            for task in tasks:
                task.cancel()
    finally:
        server.config.serving.listener.close()
        await server.config.proxy_transport.close()
        await server.storage.close()
