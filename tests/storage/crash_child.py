"""Writes to a store until it is killed; tells of each acknowledged write in a file, one line each.

    crash_child.py DATA_DIRECTORY ACKNOWLEDGED_FILE GENERATION

Writer W owns the keys `k/W/*` and goes through its steps one by one: `outcome` says what each leaves.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path

from miniapi.storage.embedded import open_store

WRITERS = 16
KEYS = 7


def outcome(generation: int, writer: int, step: int) -> tuple[str, bytes | None]:
    """The key that a step writes, and the value it has then (None: deleted)."""
    key = f"k/{writer}/{step % KEYS}"
    if step % 11 == 10:
        return key, None
    seed = f"{generation}:{writer}:{step}:".encode()
    length = (step * 7919 + writer) % 9_000
    return key, seed + hashlib.sha256(seed).digest() * (length // 32)


async def main(directory: Path, acknowledged: Path, generation: int) -> None:
    store = open_store(directory)
    told = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def write(writer: int) -> None:
        step = 0
        while True:
            key, value = outcome(generation, writer, step)
            now = await store.get(key)
            expected = now.mod_revision if now else 0
            if value is not None:
                revision = await store.put(key, value, expected=expected)
            elif expected:
                revision = await store.delete(key, expected=expected)
            else:
                revision = 0
            os.write(told, f"{writer} {step} {revision}\n".encode())
            step += 1

    async def compact() -> None:
        while True:
            await asyncio.sleep(0.03)
            await store.compact(await store.revision())

    await asyncio.gather(compact(), *(write(i) for i in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
