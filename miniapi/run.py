"""A built server's life: started, announced, serving until told to stop, ended in order."""

from __future__ import annotations

import asyncio
import sys
import time

from miniapi.bootstrap import Server, StartFailed, build
from miniapi.options.server import Options
from miniapi.server.announce import Summary, announce
from miniapi.server.kubeconfig import document, merge, user_path, write
from miniapi.storage.factory import StorageFactory
from miniapi.storage.interface import StoreUnavailable


def run(options: Options) -> int:
    """Builds and serves; returns the exit code."""
    import uvloop

    started = time.monotonic()
    options.logs.apply()

    async def main() -> None:
        await serve(build(options), started)

    try:
        uvloop.run(main())
    except StartFailed as problem:
        print(f"miniapi: {problem}", file=sys.stderr)
        return 1
    return 0


async def serve(server: Server, started: float) -> None:
    """Starts, serves until told to stop, and ends in order. `started` is the monotonic time of the start."""
    from miniapi.server.serving import HttpServer

    config, storage = server.config, server.storage
    lifecycle, limits = config.lifecycle, config.options
    lifecycle.stop_on_signals(asyncio.get_running_loop())
    http = HttpServer(server.handler.serve, limits.request_timeout_seconds)
    background: list[asyncio.Task[None]] = []
    try:
        await _start(storage)
        await lifecycle.run_hooks()
        await storage.begin_history()
        async with asyncio.TaskGroup() as group:
            await config.informers.start(group, background)
            background += [group.create_task(c.run()) for c in server.controllers]
            await http.start(config.serving.listener, config.serving.tls.context)
            lifecycle.ready.set()
            _announce(server, time.monotonic() - started)
            await lifecycle.stopping.wait()
            await asyncio.sleep(limits.shutdown_delay_seconds)
            config.drain.closed = True
            await http.stop(limits.shutdown_watch_grace_seconds)
            for task in background:
                task.cancel()
    finally:
        if config.audit is not None:
            await config.audit.sink.close()
        await config.proxy_transport.close()
        await server.rest_options.close()
        await storage.close()


async def _start(storage: StorageFactory) -> None:
    try:
        await storage.start()
    except StoreUnavailable as problem:
        raise StartFailed(str(problem)) from None


def _announce(server: Server, seconds: float) -> None:
    options, serving = server.options, server.config.serving
    url = f"https://{server.config.advertise_address}:{serving.port}"
    path = options.kubeconfig_path()
    config = document(url, serving.certificates, serving.ca_file)
    if path is not None:
        write(path, config)
    if options.local.merge_kubeconfig:
        merge(user_path(), config)
    if not options.logs.quiet:
        announce(Summary(url, server.storage.place(), str(path or ""), seconds), sys.stdout)
