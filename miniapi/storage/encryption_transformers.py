"""Values at rest: each way to write and read one (k8s.io/apiserver/pkg/storage/value/encrypt).

A value is tied to its key (`context`), so that it cannot be passed off as another key's, where the way of encryption
can tell. Made only where --encryption-provider-config is given.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

ENCRYPTED = b"k8s:enc:"
"""What every encrypted value begins with."""
NONCE_BYTES = 12
BLOCK_BYTES = 16
INFO_BYTES = 32
TOO_SHORT = "the stored data was shorter than the required size"


class TransformError(Exception):
    """A value that cannot be read or written; the message names no secret."""


class Transformer(Protocol):
    """One way to keep values."""

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """-> (value, stale): stale means that writing it now would give other bytes, whatever the nonce."""
        ...

    async def write(self, data: bytes, context: bytes) -> bytes:
        """The value as it is to be stored."""
        ...


class Identity:
    """Values as they are; refuses to take an encrypted one for a plain one."""

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        if data.startswith(ENCRYPTED):
            raise TransformError("identity transformer tried to read encrypted data")
        return data, False

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        return data


class AesGcm:
    """A random nonce of 12 bytes, then AES-GCM with the key as additional data."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        return self.open(data, context), False

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        return self.seal(data, context)

    def open(self, data: bytes, context: bytes) -> bytes:
        """TransformError if it is not what `seal` gave for the context."""
        from cryptography.exceptions import InvalidTag

        if len(data) < NONCE_BYTES:
            raise TransformError(TOO_SHORT)
        try:
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context)
        except InvalidTag:
            raise TransformError("cipher: message authentication failed") from None

    def seal(self, data: bytes, context: bytes) -> bytes:
        """Nonce, ciphertext, tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, context)


class AesCbc:
    """A random block, then AES-CBC with PKCS #7 padding; neither key nor integrity are checked."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        self._algorithm = AES(key)

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        if len(data) < BLOCK_BYTES:
            raise TransformError(TOO_SHORT)
        if len(data) % BLOCK_BYTES:
            raise TransformError("the stored data is not a multiple of the block size")
        decryptor = Cipher(self._algorithm, modes.CBC(data[:BLOCK_BYTES])).decryptor()
        padded = decryptor.update(data[BLOCK_BYTES:]) + decryptor.finalize()
        unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
        try:
            return unpadder.update(padded) + unpadder.finalize(), False
        except ValueError:
            raise TransformError("invalid PKCS7 data (empty or not padded)") from None

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        first = os.urandom(BLOCK_BYTES)
        padder = PKCS7(BLOCK_BYTES * 8).padder()
        encryptor = Cipher(self._algorithm, modes.CBC(first)).encryptor()
        return first + encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


class Secretbox:
    """A random nonce of 24 bytes, then NaCl's secretbox (XSalsa20-Poly1305)."""

    def __init__(self, key: bytes) -> None:
        from nacl.secret import SecretBox

        self._box = SecretBox(key)

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        from nacl.exceptions import CryptoError

        if len(data) < self._box.NONCE_SIZE:
            raise TransformError(TOO_SHORT)
        try:
            return self._box.decrypt(data), False
        except CryptoError:
            raise TransformError("the stored data could not be authenticated") from None

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        return bytes(self._box.encrypt(data))


class ExtendedNonceGcm:
    """AES-GCM with a key for each value: the seed expanded (HKDF-SHA256) with 32 random bytes, which come first."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) < INFO_BYTES:
            raise TransformError(f"invalid seed length {len(seed)} used for key generation")
        self._seed = seed

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        if len(data) < INFO_BYTES:
            raise TransformError(TOO_SHORT)
        return self._derived(data[:INFO_BYTES]).open(data[INFO_BYTES:], context), False

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        info = os.urandom(INFO_BYTES)
        return info + self._derived(info).seal(data, context)

    def _derived(self, info: bytes) -> AesGcm:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

        return AesGcm(HKDFExpand(SHA256(), 32, info).derive(self._seed))


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Writes with the first of several transformers, reads with those whose prefix the value has."""

    choices: Sequence[tuple[bytes, Transformer]]
    nothing_fits: str

    async def read(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """`Transformer.read`."""
        problems: list[str] = []
        for position, (prefix, transformer) in enumerate(self.choices):
            if not data.startswith(prefix):
                continue
            try:
                value, stale = await transformer.read(data[len(prefix) :], context)
            except TransformError as problem:
                # Two providers may share a prefix (an old and a new key); and what identity
                # refuses, because it is encrypted, is for a later one.
                if prefix:
                    problems.append(str(problem))
                continue
            return value, stale or position != 0
        if not problems:
            raise TransformError(self.nothing_fits)
        raise TransformError(problems[0] if len(problems) == 1 else f"[{', '.join(dict.fromkeys(problems))}]")

    async def write(self, data: bytes, context: bytes) -> bytes:
        """`Transformer.write`."""
        prefix, transformer = self.choices[0]
        return prefix + await transformer.write(data, context)
