"""A built server's life: started, announced, serving until told to stop, ended in order."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING

from miniapi.bootstrap import Server, StartFailed, build
from miniapi.clock import process_age_seconds
from miniapi.errors import ApiError
from miniapi.options.server import Options
from miniapi.server.announce import Summary, announce
from miniapi.server.kubeconfig import document, merge, user_path, write
from miniapi.storage.factory import StorageFactory
from miniapi.storage.interface import StoreUnavailable

if TYPE_CHECKING:
    from miniapi.server.serving import HttpServer

GARBAGE_FROM_OBJECTS = 20_000
"""How many objects are made before garbage is looked for: with Python's 700 it took a tenth to a sixth of a create."""

SWITCH_SECONDS = 0.0005
"""How long the committing thread waits for the interpreter: with Python's 5 ms a create took a tenth more."""


def run(options: Options) -> int:
    """Builds and serves; returns the exit code."""
    import uvloop

    options.logs.apply()

    async def main() -> None:
        await serve(build(options))

    code = 0
    try:
        uvloop.run(main())
    except* StartFailed as failed:
        for problem in failed.exceptions:
            print(f"miniapi: {problem}", file=sys.stderr)
        code = 1
    return code


async def serve(server: Server) -> None:
    """Starts, serves until told to stop, and ends in order."""
    from miniapi.server.serving import HttpServer

    config, storage = server.config, server.storage
    lifecycle, limits = config.lifecycle, config.options
    lifecycle.stop_on_signals(asyncio.get_running_loop())
    compress = server.options.features.on("APIResponseCompression", default=True)
    http = HttpServer(server.handler.serve, limits.request_timeout_seconds, compress=compress)
    background: list[asyncio.Task[None]] = []
    try:
        await _start(storage, limits.storage_initialization_timeout_seconds)
        await _begin(server)
        await storage.begin_history()
        async with asyncio.TaskGroup() as group:
            await config.informers.start(group, background)
            background += [group.create_task(c.run()) for c in server.controllers]
            await http.start(config.serving.listener, config.serving.tls.context)
            lifecycle.ready.set()
            _write_kubeconfigs(server)
            _announce(server)
            # `__main__` has held it back; what the start has made to stay need never be looked at again.
            gc.freeze()
            gc.set_threshold(GARBAGE_FROM_OBJECTS)
            sys.setswitchinterval(SWITCH_SECONDS)
            gc.enable()
            await lifecycle.stopping.wait()
            await _stop_serving(server, http)
            for task in background:
                task.cancel()
    finally:
        if config.audit is not None:
            await config.audit.sink.close()
        await config.authentication.close()
        await config.authorization.close()
        await config.proxy_transport.close()
        await server.rest_options.close()
        await storage.close()


async def _start(storage: StorageFactory, most_seconds: float) -> None:
    try:
        await storage.start(most_seconds)
    except StoreUnavailable as problem:
        raise StartFailed(str(problem)) from None


async def _begin(server: Server) -> None:
    try:
        await server.config.lifecycle.run_hooks()
    except ApiError as problem:
        raise StartFailed(f"what every server begins with cannot be stored: {problem}") from None


async def _stop_serving(server: Server, http: HttpServer) -> None:
    """Until the last answer is out, in the original's order (GenericAPIServer.RunWithContext)."""
    limits, drain = server.config.options, server.config.drain
    await asyncio.sleep(limits.shutdown_delay_seconds)
    drain.close()
    if not limits.shutdown_send_retry_after:
        await http.stop_listening()
    await http.end_streams(limits.shutdown_watch_grace_seconds)
    await drain.wait(limits.request_timeout_seconds)
    await http.close()


def _write_kubeconfigs(server: Server) -> None:
    """One of the server's own, and a place in the user's where that is asked for."""
    local, serving, path = server.options.local, server.config.serving, server.options.kubeconfig_path()
    if serving.certificates is None:
        return
    config = document(_url(server), serving.certificates, serving.ca_file)
    if path is not None:
        try:
            write(path, config)
        except OSError as problem:
            raise StartFailed(f"--write-kubeconfig: {path} cannot be written: {problem.strerror}") from None
    if local.merge_kubeconfig:
        try:
            merge(user_path(), config)
        except OSError as problem:
            raise StartFailed(f"--merge-kubeconfig: {user_path()} cannot be written: {problem.strerror}") from None
        except ValueError as problem:
            raise StartFailed(f"--merge-kubeconfig: {problem}") from None


def _announce(server: Server) -> None:
    options = server.options
    if not options.logs.quiet:
        path = str(options.kubeconfig_path() or "")
        announce(Summary(_url(server), server.storage.place(), path, process_age_seconds()), sys.stdout)


def _url(server: Server) -> str:
    host = server.config.advertise_address
    return f"https://{f'[{host}]' if ':' in host else host}:{server.config.serving.port}"
