"""A cluster of etcd members: one connection each, calls go to one that is connected, reads move on when one fails.

One channel per member, rather than one channel over all, so that each member's certificate is checked against its own
host name and that a member which hangs can be left aside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc

from miniapi.storage.etcd_compat import KV, Lease, Maintenance, WatchStub, rpc_pb2
from miniapi.storage.interface import StoreUnavailable

Code = grpc.StatusCode
READY = grpc.ChannelConnectivity.READY

SUSPECT_SECONDS = 3.0
"""How long a member that failed a call is left aside while another is connected."""
RETRY_SECONDS = (0.02, 0.25)
"""First and longest pause before a read is repeated."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Without the ping timeout, current grpcio waits a minute for a member whose host hangs.
    ("grpc.keepalive_time_ms", 5_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Members of one process do not share connections with another store's members.
    ("grpc.use_local_subchannel_pool", 1),
)

_LOST = frozenset((Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN, Code.INTERNAL, Code.CANCELLED, Code.ABORTED))
"""Codes that leave open whether a write happened."""


class OutOfRange(Exception):
    """The revision of a read is compacted, or not reached yet."""

    def __init__(self, *, compacted: bool) -> None:
        super().__init__("compacted" if compacted else "in the future")
        self.compacted = compacted


class WriteUnknown(StoreUnavailable):
    """The connection or the deadline ended while a write was under way: it may have happened."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM files for https endpoints; empty: the system's authorities, no client certificate."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def channel_credentials(self) -> Any:
        """For a secure channel; StoreUnavailable names the file that cannot be read."""
        parts = []
        for flag, path in (("cafile", self.ca_file), ("keyfile", self.key_file), ("certfile", self.cert_file)):
            try:
                parts.append(Path(path).read_bytes() if path else None)
            except OSError as problem:
                raise StoreUnavailable(f"--etcd-{flag}: {path} cannot be read: {problem.strerror}") from None
        return grpc.ssl_channel_credentials(*parts)


class Member(KV, Lease, Maintenance):  # type: ignore[misc]
    """One etcd endpoint: aioetcd3's client parts over a grpc.aio channel of our own."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        url = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
        target = f"unix:{url.path}" if url.scheme == "unix" else f"{url.hostname or ''}:{url.port or 2379}"
        if url.hostname and ":" in url.hostname:
            target = f"[{url.hostname}]:{url.port or 2379}"
        if url.scheme == "https":
            channel = grpc.aio.secure_channel(target, credentials.channel_credentials(), options=CHANNEL_OPTIONS)
        else:
            channel = grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS)
        super().__init__(channel, None)
        self.endpoint = endpoint
        self.suspect_until = 0.0
        self.range = self._kv_stub.Range
        self.txn = self._kv_stub.Txn
        self.compact = self._kv_stub.Compact
        self.lease_grant = self._lease_stub.LeaseGrant
        self.lease_time_to_live = self._lease_stub.LeaseTimeToLive
        self.member_status = self._maintenance_stub.Status
        self.watch = WatchStub(channel).Watch

    def suspect(self) -> None:
        """Leaves this member aside for a while."""
        self.suspect_until = asyncio.get_running_loop().time() + SUSPECT_SECONDS


class EtcdCluster:
    """The members of one etcd; connects on first use, inside the running event loop."""

    def __init__(self, endpoints: Sequence[str], credentials: Credentials, timeout_seconds: float) -> None:
        self.endpoints = tuple(endpoints)
        self.timeout_seconds = timeout_seconds
        self.closed = False
        self._credentials = credentials
        self._members: list[Member] = []
        self._turn = 0

    async def read(self, method: str, request: Any, timeout_seconds: float = 0.0) -> Any:
        """A call that may be repeated, until the deadline; OutOfRange or StoreUnavailable."""
        loop = asyncio.get_running_loop()
        total = timeout_seconds or self.timeout_seconds
        deadline = loop.time() + total
        pause, longest = RETRY_SECONDS
        attempt_seconds = total if len(self.endpoints) == 1 else total / 2
        while True:
            member = await self.member(deadline)
            try:
                left = max(deadline - loop.time(), 0.001)
                return await getattr(member, method)(request, timeout=min(left, attempt_seconds))
            except grpc.aio.AioRpcError as problem:
                if problem.code() not in _LOST:
                    raise translate(problem, total) from None
                member.suspect()
                if loop.time() + pause >= deadline:
                    raise translate(problem, total) from None
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def write(self, method: str, request: Any) -> Any:
        """A call that is sent once; WriteUnknown says that it may have happened, other errors that it has not."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout_seconds
        member = await self.member(deadline)
        try:
            return await getattr(member, method)(request, timeout=max(deadline - loop.time(), 0.001))
        except grpc.aio.AioRpcError as problem:
            told = translate(problem, self.timeout_seconds)
            if problem.code() in _LOST:
                member.suspect()
                raise WriteUnknown(str(told)) from None
            raise told from None

    async def member(self, deadline: float) -> Member:
        """A connected member, each in its turn; StoreUnavailable with the cause when none is by the deadline."""
        pause = 0.005
        loop = asyncio.get_running_loop()
        while True:
            found = self._connected(loop.time())
            if found is not None:
                return found
            if loop.time() + pause >= deadline - min(0.4, self.timeout_seconds / 4):
                raise StoreUnavailable(await self._why())
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)

    def _connected(self, now: float) -> Member | None:
        if self.closed:
            raise StoreUnavailable("the store is closed")
        if not self._members:
            self._members = [Member(endpoint, self._credentials) for endpoint in self.endpoints]
        second_choice = None
        count = len(self._members)
        for step in range(count):
            turn = (self._turn + step) % count
            member = self._members[turn]
            if member.channel.get_state(try_to_connect=True) is READY:
                if member.suspect_until <= now:
                    self._turn = turn + 1
                    return member
                second_choice = second_choice or member
        return second_choice

    async def _why(self) -> str:
        """What each member's connection says; a call that does not wait for it fails with the cause."""

        async def ask(member: Member) -> str:
            try:
                await member.member_status(rpc_pb2.StatusRequest(), timeout=0.3)
            except grpc.aio.AioRpcError as problem:
                said = problem.details() or ""
                return f"{member.endpoint}: {'no answer' if problem.code() is Code.DEADLINE_EXCEEDED else said}"
            return f"{member.endpoint}: connected just now"

        causes = await asyncio.gather(*(ask(m) for m in self._members))
        return "etcd cannot be reached: " + "; ".join(causes)

    async def statuses(self) -> dict[str, Any]:
        """Endpoint -> StatusResponse, of the members that answer."""
        self._connected(asyncio.get_running_loop().time())

        async def ask(member: Member) -> Any:
            with suppress(grpc.aio.AioRpcError):
                return await member.member_status(rpc_pb2.StatusRequest(), timeout=1.0)
            return None

        answers = await asyncio.gather(*(ask(m) for m in self._members))
        return {m.endpoint: a for m, a in zip(self._members, answers, strict=True) if a is not None}

    async def close(self) -> None:
        """Closes the connections; what is under way ends."""
        self.closed = True
        members, self._members = self._members, []
        for member in members:
            await member.channel.close()


def translate(problem: grpc.aio.AioRpcError, timeout_seconds: float) -> Exception:
    """What a store raises for a gRPC error: etcd's own words where it has some."""
    code, said = problem.code(), problem.details() or ""
    if code is Code.OUT_OF_RANGE:
        return OutOfRange(compacted="compacted" in said)
    if code is Code.DEADLINE_EXCEEDED:
        return StoreUnavailable(f"etcd did not answer within {timeout_seconds:g} s")
    return StoreUnavailable(f"etcd: {said}" if not said.startswith("etcdserver") else said)
