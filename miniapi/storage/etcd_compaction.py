"""Compaction by the API servers themselves, one of them at a time (storage/etcd3/compact.go).

All servers of a cluster share one key that holds the revision compacted last. Whoever finds its version as it left it
takes the turn and writes it; the others see that the turn was taken and note the revision. A turn compacts
the revision noted one interval before, so that every revision stays readable for at least one interval.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from miniapi.storage.etcd_client import EtcdCluster, OutOfRange
from miniapi.storage.etcd_compat import rpc_pb2
from miniapi.storage.interface import StoreUnavailable

COMPACT_KEY = b"compact_rev_key"
"""Outside of the prefix, shared with every kube-apiserver on the same etcd."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Turn:
    """What one server remembers between turns."""

    version: int = 0
    revision: int = 0


async def take_turn(cluster: EtcdCluster, turn: Turn) -> Turn:
    """One round: compacts if nobody else did since the last one."""
    request = rpc_pb2.TxnRequest(
        compare=[
            rpc_pb2.Compare(
                key=COMPACT_KEY, target=rpc_pb2.Compare.VERSION, result=rpc_pb2.Compare.EQUAL, version=turn.version
            )
        ],
        success=[rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=COMPACT_KEY, value=str(turn.revision).encode()))],
        failure=[rpc_pb2.RequestOp(request_range=rpc_pb2.RangeRequest(key=COMPACT_KEY))],
    )
    response = await cluster.write("txn", request)
    now = int(response.header.revision)
    if not response.succeeded:
        return Turn(response.responses[0].response_range.kvs[0].version, now)
    if turn.revision:
        try:
            await cluster.write("compact", rpc_pb2.CompactionRequest(revision=turn.revision))
        except OutOfRange:
            log.debug("revision %d was compacted already", turn.revision)
    return Turn(turn.version + 1, now)


async def compact_in_turn(cluster: EtcdCluster, interval_seconds: float) -> None:
    """Runs until cancelled; a round that fails is logged and tried again after the interval."""
    turn = Turn()
    while True:
        await asyncio.sleep(interval_seconds)
        try:
            turn = await take_turn(cluster, turn)
        except StoreUnavailable as problem:
            log.warning("etcd was not compacted: %s", problem)
