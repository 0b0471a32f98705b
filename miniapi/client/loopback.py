"""The server as its own client: a call through the whole handler chain, or over HTTPS where a config says so."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Awaitable, Callable

from miniapi.client.config import ClientConfig, ConfigError
from miniapi.wire import PROTOBUF, Reply, Request

Serve = Callable[[Request], Awaitable[Reply]]

SERVER_NAME = "apiserver-loopback-client"


class LoopbackFailed(Exception):
    """The loopback client cannot be made; one line that names what is wrong and the fix."""


def loopback_config(host: str, ca: bytes) -> ClientConfig:
    """The config that secure serving makes of itself (SecureServingInfo.NewLoopbackClientConfig).

    Protobuf, no compression, a token of this process's own. Never read from a pod's environment: the server
    must speak to itself even where it runs inside another cluster.
    """
    return ClientConfig(
        host,
        ca=ca,
        bearer_token=secrets.token_urlsafe(32),
        content_type=PROTOBUF,
        compression=False,
        user_agent="kube-apiserver",
    )


def checked(config: ClientConfig) -> ClientConfig:
    """The config if a client can be made of it, else LoopbackFailed in the words that people search for."""
    try:
        config.check()
        if not config.token() and not config.certificate:
            raise ConfigError("it carries no bearer token; take the config that secure serving makes")
    except ConfigError as problem:
        raise LoopbackFailed(f"failed to create real external clientset: {problem}") from None
    return config


class LoopbackTransport:
    """Sends requests to the server's own handler; bound once the chain is composed.

    No bytes leave the process, so nothing is encoded for the way: reads hand over the stored objects
    (`wire.Reply.objects`), and bodies are what JSON makes of them.
    """

    def __init__(self) -> None:
        self._serve: Serve | None = None

    def bind(self, serve: Serve) -> None:
        """Names the handler; called once by bootstrap."""
        self._serve = serve

    async def send(self, request: Request) -> Reply:
        """Runs the request with the loopback identity. ConnectionError before `bind`."""
        if self._serve is None:
            raise ConnectionError("the loopback client was used before the server was composed")
        request.peer = dataclasses.replace(request.peer, loopback=True)
        return await self._serve(request)
