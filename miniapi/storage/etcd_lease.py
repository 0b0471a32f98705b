"""Leases for keys that expire: one lease serves many keys written close together (storage/etcd3/lease_manager.go)."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from miniapi.storage.etcd_client import EtcdCluster
from miniapi.storage.etcd_compat import rpc_pb2

REUSE_SHARE = 0.05
"""A lease is reused for at most this share of its time to live."""
MAX_KEYS_PER_LEASE = 1_000
"""So that the expiry of one lease stays a small deletion."""
MAX_KNOWN_LEASES = 10_000
"""Leases whose time to live is remembered, ours and others'."""


@dataclass(slots=True)
class _Shared:
    lease_id: int
    expires_at: float
    keys: int


class LeasePool:
    """Hands out lease ids; remembers what time to live an id stands for."""

    def __init__(self, cluster: EtcdCluster, reuse_seconds: float) -> None:
        self._cluster = cluster
        self._reuse_seconds = reuse_seconds
        self._shared: dict[int, _Shared] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self.seconds: dict[int, int] = {}
        """Lease id -> time to live it was asked for."""

    async def lease(self, seconds: int) -> int:
        """A lease that lives at least so long from now."""
        async with self._locks.setdefault(seconds, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            shared = self._shared.get(seconds)
            if shared is None or shared.expires_at < now + seconds or shared.keys >= MAX_KEYS_PER_LEASE:
                reuse = min(math.floor(seconds * REUSE_SHARE), self._reuse_seconds)
                response = await self._cluster.write("lease_grant", rpc_pb2.LeaseGrantRequest(TTL=int(seconds + reuse)))
                shared = self._shared[seconds] = _Shared(response.ID, now + seconds + reuse, 0)
                self.remember(response.ID, seconds)
            shared.keys += 1
            return shared.lease_id

    def forget(self, seconds: int) -> None:
        """The next key gets a new lease: etcd does not know this one any more."""
        self._shared.pop(seconds, None)

    def remember(self, lease_id: int, seconds: int) -> None:
        """Notes what a lease stands for."""
        if len(self.seconds) >= MAX_KNOWN_LEASES:
            self.seconds.pop(next(iter(self.seconds)))
        self.seconds[lease_id] = seconds

    async def learn(self, lease_id: int) -> None:
        """Asks etcd, once, for the time to live of a lease that another process granted."""
        request = rpc_pb2.LeaseTimeToLiveRequest(ID=lease_id)
        response = await self._cluster.read("lease_time_to_live", request)
        self.remember(lease_id, response.grantedTTL)
