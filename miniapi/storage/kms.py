"""Envelope encryption with a key management plugin, KMS v2 (storage/value/encrypt/envelope/kmsv2).

The plugin encrypts a random seed of ours with a key that it never shows. Each value is encrypted with a key derived
from the seed, and carries the encrypted seed with it. The plugin is asked when a seed is made, and once for each
seed read.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from miniapi.storage.encryption_transformers import AesGcm, ExtendedNonceGcm, Transformer, TransformError

API_VERSIONS = ("v2", "v2beta1")
MAX_KEY_ID_BYTES = 1024
MAX_SEED_BYTES = 1024
MAX_ANNOTATIONS_BYTES = 32 * 1024
MAX_CACHED_SEEDS = 1_000
SEED_LIFE_SECONDS = 180.0
"""Writes go on for so long without a healthy plugin."""
HEALTHY_SECONDS, UNHEALTHY_SECONDS = 20.0, 3.0
"""How long the outcome of a check stands."""
PROBE_SECONDS, PROBE_AGAIN_SECONDS = 60.0, 10.0
"""Pause between the background's own checks, and while they fail."""

log = logging.getLogger(__name__)


class KmsService:
    """The plugin's three calls over its unix socket; TransformError for whatever goes wrong."""

    def __init__(self, endpoint: str, timeout_seconds: float) -> None:
        path = endpoint.removeprefix("unix://")
        self._target = f"unix-abstract:{path[2:]}" if path.startswith("/@") else f"unix:{path}"
        self._timeout_seconds = timeout_seconds
        self._channel: Any = None

    async def status(self) -> Any:
        """StatusResponse."""
        from miniapi.storage.generated.kms import v2_pb2

        return await self._ask("Status", v2_pb2.StatusRequest(), v2_pb2.StatusResponse)

    async def encrypt(self, uid: str, plaintext: bytes) -> Any:
        """EncryptResponse."""
        from miniapi.storage.generated.kms import v2_pb2

        return await self._ask("Encrypt", v2_pb2.EncryptRequest(plaintext=plaintext, uid=uid), v2_pb2.EncryptResponse)

    async def decrypt(self, uid: str, ciphertext: bytes, key_id: str, annotations: Mapping[str, bytes]) -> bytes:
        """The plaintext."""
        from miniapi.storage.generated.kms import v2_pb2

        request = v2_pb2.DecryptRequest(ciphertext=ciphertext, uid=uid, key_id=key_id, annotations=annotations)
        return bytes((await self._ask("Decrypt", request, v2_pb2.DecryptResponse)).plaintext)

    async def _ask(self, method: str, request: Any, response_type: Any) -> Any:
        import grpc

        if self._channel is None:
            self._channel = grpc.aio.insecure_channel(self._target, options=[("grpc.max_reconnect_backoff_ms", 1_000)])
        call = self._channel.unary_unary(
            f"/v2.KeyManagementService/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response_type.FromString,
        )
        try:
            return await call(request, timeout=self._timeout_seconds)
        except grpc.aio.AioRpcError as problem:
            code = problem.code().name.title().replace("_", "")
            raise TransformError(f"rpc error: code = {code} desc = {problem.details()}") from None

    async def close(self) -> None:
        """Closes the connection."""
        if self._channel is not None:
            await self._channel.close()


@dataclass(frozen=True, slots=True)
class Seed:
    """What values are written with now."""

    transformer: Transformer
    encrypted: bytes
    key_id: str
    annotations: Mapping[str, bytes]
    expires_at: float
    """time.monotonic(); reads go on after it."""


@dataclass(slots=True)
class KmsProvider:
    """One plugin as a transformer and as a health check."""

    name: str
    service: KmsService
    _seed: Seed | None = None
    _version: str = ""
    _seeds: dict[object, Transformer] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _checked_until: float = 0.0
    _problem: str = ""

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """Decrypts; stale if written under another key of the plugin, or without a seed."""
        from google.protobuf.message import DecodeError

        from miniapi.storage.generated.kms import v2_pb2

        if self._seed is None:
            raise TransformError("got unexpected nil transformer")
        try:
            found = v2_pb2.EncryptedObject.FromString(data)
        except DecodeError:
            raise TransformError("proto: cannot parse the encrypted object") from None
        _validate(found)
        transformer = await self._transformer_of(found)
        value, _ = await transformer.read(found.encryptedData, context)
        by_seed = found.encryptedDEKSourceType == v2_pb2.HKDF_SHA256_XNONCE_AES_GCM_SEED
        return value, found.keyID != self._seed.key_id or not by_seed

    async def write(self, data: bytes, context: bytes) -> bytes:
        """Encrypts under the current seed; TransformError once it has expired."""
        from miniapi.storage.generated.kms import v2_pb2

        seed = self._seed
        if seed is None:
            raise TransformError("got unexpected nil transformer")
        if time.monotonic() > seed.expires_at:
            raise TransformError(f'encryptedDEKSource with keyID hash "{_hash(seed.key_id)}" expired')
        encrypted = v2_pb2.EncryptedObject(
            encryptedData=await seed.transformer.write(data, context),
            keyID=seed.key_id,
            encryptedDEKSource=seed.encrypted,
            annotations=seed.annotations,
            encryptedDEKSourceType=v2_pb2.HKDF_SHA256_XNONCE_AES_GCM_SEED,
        )
        return bytes(encrypted.SerializeToString())

    async def check(self) -> None:
        """Asks the plugin how it is, and makes a new seed if its key has changed; TransformError if it is not well."""
        async with self._lock:
            if time.monotonic() < self._checked_until:
                if self._problem:
                    raise TransformError(self._problem)
                return
            try:
                await self._check()
            except TransformError as problem:
                self._problem, self._checked_until = str(problem), time.monotonic() + UNHEALTHY_SECONDS
                raise
            self._problem, self._checked_until = "", time.monotonic() + HEALTHY_SECONDS

    async def run(self) -> None:
        """Keeps the seed fresh until cancelled."""
        while True:
            try:
                await self.check()
                pause = PROBE_SECONDS
            except TransformError as problem:
                log.error("kms plugin %s failed its health check: %s", self.name, problem)
                pause = PROBE_AGAIN_SECONDS
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Closes the connection to the plugin."""
        await self.service.close()

    async def _check(self) -> None:
        try:
            status = await self.service.status()
        except TransformError as problem:
            raise TransformError(
                f"failed to perform status section of the healthz check for KMS Provider {self.name}, error: {problem}"
            ) from None
        problems = []
        if status.healthz != "ok":
            problems.append(f"got unexpected healthz status: {status.healthz}")
        if status.version not in API_VERSIONS:
            problems.append(f"expected KMSv2 API version v2, got {status.version}")
        else:
            self._version = self._version or status.version
            if self._version != status.version:
                problems.append(
                    "KMSv2 API version should not change after the initial status response"
                    f" version {self._version}, got {status.version}"
                )
        try:
            _validate_key_id(status.key_id)
        except TransformError as problem:
            problems.append(f'got invalid KMSv2 KeyID hash "{_hash(status.key_id)}": {problem}')
        else:
            try:
                await self._renew(status.key_id)
            except TransformError as problem:
                problems.append(str(problem))
        if problems:
            told = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
            raise TransformError(f"kmsv2 Provider {self.name} is not healthy, error: {told}")

    async def _renew(self, key_id: str) -> None:
        """Extends the seed's life while the plugin's key is the same, else makes another."""
        expires_at = time.monotonic() + SEED_LIFE_SECONDS
        seed = self._seed
        if seed is not None and seed.key_id == key_id:
            self._seed = Seed(seed.transformer, seed.encrypted, seed.key_id, seed.annotations, expires_at)
            return
        uid = str(uuid.uuid4())
        secret = os.urandom(32)
        answer: Any = None
        problem = ""
        try:
            answer = await self.service.encrypt(uid, secret)
            _validate_parts(answer.ciphertext, answer.key_id, answer.annotations)
        except TransformError as failed:
            problem = f"failed to encrypt DEK, error: {failed}"
        if problem or answer.key_id != key_id:
            raise TransformError(
                f'failed to rotate DEK uid="{uid}", useSeed=true, errGen={problem or "<nil>"},'
                f' statusKeyIDHash="{_hash(key_id)}", encryptKeyIDHash="{_hash(answer.key_id if answer else "")}",'
                f' stateKeyIDHash="{_hash(seed.key_id if seed else "")}"'
            )
        transformer = ExtendedNonceGcm(secret)
        annotations = dict(answer.annotations)
        self._seed = Seed(transformer, answer.ciphertext, key_id, annotations, expires_at)
        self._remember(_cache_key(1, answer.ciphertext, key_id, annotations), transformer)

    async def _transformer_of(self, found: Any) -> Transformer:
        key = _cache_key(found.encryptedDEKSourceType, found.encryptedDEKSource, found.keyID, found.annotations)
        transformer = self._seeds.get(key)
        if transformer is None:
            try:
                secret = await self.service.decrypt(
                    str(uuid.uuid4()), found.encryptedDEKSource, found.keyID, found.annotations
                )
            except TransformError as problem:
                raise TransformError(f"failed to decrypt DEK, error: {problem}") from None
            transformer = ExtendedNonceGcm(secret) if found.encryptedDEKSourceType else AesGcm(secret)
            self._remember(key, transformer)
        return transformer

    def _remember(self, key: object, transformer: Transformer) -> None:
        if len(self._seeds) >= MAX_CACHED_SEEDS:
            self._seeds.pop(next(iter(self._seeds)))
        self._seeds[key] = transformer


def _cache_key(kind: int, source: bytes, key_id: str, annotations: Mapping[str, bytes]) -> object:
    return kind, source, key_id, tuple(sorted(annotations.items()))


def _hash(key_id: str) -> str:
    return f"sha256:{hashlib.sha256(key_id.encode()).hexdigest()}" if key_id else ""


def _validate(found: Any) -> None:
    if found.encryptedDEKSourceType not in (0, 1):
        raise TransformError(f"unknown encryptedDEKSourceType: {found.encryptedDEKSourceType}")
    if not found.encryptedData:
        raise TransformError("encrypted data is empty")
    _validate_parts(found.encryptedDEKSource, found.keyID, found.annotations)


def _validate_parts(source: bytes, key_id: str, annotations: Mapping[str, bytes]) -> None:
    if not source:
        raise TransformError("failed to validate encrypted DEK source: encrypted DEK source is empty")
    if len(source) > MAX_SEED_BYTES:
        raise TransformError(
            f"failed to validate encrypted DEK source: encrypted DEK source is {len(source)} bytes,"
            f" which exceeds the max size of {MAX_SEED_BYTES}"
        )
    try:
        _validate_key_id(key_id)
    except TransformError as problem:
        raise TransformError(f"failed to validate key id: {problem}") from None
    size = sum(len(k) + len(v) for k, v in annotations.items())
    if size > MAX_ANNOTATIONS_BYTES:
        raise TransformError(
            f"failed to validate annotations: total size of annotations is {size},"
            f" which exceeds the max size of {MAX_ANNOTATIONS_BYTES}"
        )


def _validate_key_id(key_id: str) -> None:
    if not key_id:
        raise TransformError("keyID is empty")
    size = len(key_id.encode())
    if size > MAX_KEY_ID_BYTES:
        raise TransformError(f"keyID is {size} bytes, which exceeds the max size of {MAX_KEY_ID_BYTES}")
