"""A built server's life: started, announced, serving until told to stop, ended in order."""

from __future__ import annotations

import asyncio
import logging
import sys
import time

from miniapi.bootstrap import Server, StartFailed, build
from miniapi.options.server import Options
from miniapi.server.announce import Summary, announce
from miniapi.server.kubeconfig import document, merge, user_path, write
from miniapi.storage.interface import Store, StoreUnavailable

log = logging.getLogger("miniapi")


def run(options: Options) -> int:
    """Builds and serves; returns the exit code."""
    import uvloop

    started = time.monotonic()
    levels = {0: logging.WARNING, 1: logging.WARNING, 2: logging.INFO, 3: logging.INFO}
    logging.basicConfig(
        level=levels.get(options.local.verbosity, logging.DEBUG), format="%(levelname)s %(name)s: %(message)s"
    )

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

    config, store = server.config, server.store
    lifecycle, limits = config.lifecycle, config.options
    lifecycle.stop_on_signals(asyncio.get_running_loop())
    http = HttpServer(server.handler.serve, limits.request_timeout_seconds)
    background: list[asyncio.Task[None]] = []
    try:
        await lifecycle.run_hooks()
        await store.compact(await store.revision())
        async with asyncio.TaskGroup() as group:
            await config.informers.start(group, background)
            background += [group.create_task(c.run()) for c in server.controllers]
            if server.options.storage.compaction_seconds:
                background.append(group.create_task(_compact(store, server.options.storage.compaction_seconds)))
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
        await store.close()


async def _compact(store: Store, interval_seconds: float) -> None:
    """Each round forgets what is older than the round before."""
    revision = await store.revision()
    while True:
        await asyncio.sleep(interval_seconds)
        now = await store.revision()
        try:
            await store.compact(revision)
        except StoreUnavailable as problem:
            log.warning("compaction: %s", problem)
        revision = now


def _announce(server: Server, seconds: float) -> None:
    options, serving = server.options, server.config.serving
    url = f"https://{server.config.advertise_address}:{serving.port}"
    path = options.kubeconfig_path()
    config = document(url, serving.certificates, serving.ca_file)
    write(path, config)
    if options.local.merge_kubeconfig:
        merge(user_path(), config)
    if not options.local.quiet:
        store = "memory (nothing is kept)" if options.storage.etcd_servers else str(options.data_dir())
        announce(Summary(url, store, str(path), seconds), sys.stdout)
