"""A small KMS v2 plugin on a unix socket, as a key management service's would be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from miniapi.storage.generated.kms import v2_pb2


class Plugin:
    """Keeps what it is given under numbered keys; counts its calls."""

    def __init__(self) -> None:
        self.key_id, self.healthz, self.version = "key-1", "ok", "v2"
        self.calls: list[str] = []

    async def status(self, request: Any, context: Any) -> Any:
        self.calls.append("status")
        return v2_pb2.StatusResponse(version=self.version, healthz=self.healthz, key_id=self.key_id)

    async def encrypt(self, request: Any, context: Any) -> Any:
        self.calls.append("encrypt")
        sealed = bytes(b ^ 0x5A for b in request.plaintext)
        return v2_pb2.EncryptResponse(ciphertext=sealed, key_id=self.key_id, annotations={"a.example": b"1"})

    async def decrypt(self, request: Any, context: Any) -> Any:
        self.calls.append("decrypt")
        if request.annotations.get("a.example") != b"1":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "annotations are missing")
        return v2_pb2.DecryptResponse(plaintext=bytes(b ^ 0x5A for b in request.ciphertext))

    def handler(self) -> Any:
        def unary(method: Any, request: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(
                method, request_deserializer=request.FromString, response_serializer=lambda m: m.SerializeToString()
            )

        return grpc.method_handlers_generic_handler(
            "v2.KeyManagementService",
            {
                "Status": unary(self.status, v2_pb2.StatusRequest),
                "Encrypt": unary(self.encrypt, v2_pb2.EncryptRequest),
                "Decrypt": unary(self.decrypt, v2_pb2.DecryptRequest),
            },
        )


@asynccontextmanager
async def running_plugin(socket: str) -> AsyncIterator[Plugin]:
    """A plugin that answers on a socket's path."""
    plugin = Plugin()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((plugin.handler(),))
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    yield plugin
    await server.stop(None)
