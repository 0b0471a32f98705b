"""Reading ahead: nothing is lost to a wait that ended, nothing is read without bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from miniapi.endpoints.read_ahead import MOST_AHEAD, ReadAhead


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_what_came_meanwhile_is_taken_together_and_the_end_after_it() -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            yield number
        await asyncio.sleep(0.01)
        yield 3

    async with ReadAhead(numbers()) as ahead:
        assert await ahead.take(soon()) == [0, 1, 2]
        assert await ahead.take(soon()) == [3]
        assert await ahead.take(soon()) is None


async def test_a_wait_that_ends_does_not_disturb_the_stream() -> None:
    more: asyncio.Queue[int] = asyncio.Queue()

    async def queued() -> AsyncIterator[int]:
        while True:
            yield await more.get()

    async with ReadAhead(queued()) as ahead:
        assert await ahead.take(soon(0.01)) == []
        more.put_nowait(1)
        assert await ahead.take(soon()) == [1]


async def test_what_the_stream_raises_comes_after_its_items() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise LookupError("gone")

    async with ReadAhead(broken()) as ahead:
        assert await ahead.take(soon()) == [1]
        with pytest.raises(LookupError, match="gone"):
            await ahead.take(soon())


async def test_a_stream_is_not_read_further_than_it_is_taken() -> None:
    read = 0

    async def endless() -> AsyncIterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    async with ReadAhead(endless()) as ahead:
        await asyncio.sleep(0.01)
        assert read == MOST_AHEAD
        taken = await ahead.take(soon())
        assert taken == list(range(1, MOST_AHEAD + 1))
        assert await ahead.take(soon())
