"""Identities made up at random."""

from __future__ import annotations

from random import getrandbits


def random_uid() -> str:
    """A version 4 UUID. Not a secret: unlike `uuid.uuid4` it asks nothing of the system, and is made per request."""
    digits = f"{getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 4 << 76 | 2 << 62:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
