"""Makes aioetcd3 1.13 importable on today's protobuf; import its parts from here and nowhere else.

Its own message modules were generated in 2020, which protobuf 4 and later refuse. Ours, made from the same
API at the level of etcd 3.6, are put under their names before aioetcd3 is first imported; its stubs then
build current messages. Two parts are not used at all: its channel (aiogrpc: three threads a stream, a third of
the speed; grpc.aio.Channel fits its stubs as it is) and its watch, which passes arguments that asyncio no longer
takes, resumes past events it has not delivered, and reconnects without a pause.
"""

from __future__ import annotations

import sys

from miniapi.storage.generated.etcd import auth_pb2, kv_pb2, rpc_pb2

_OWN = {"kv_pb2": kv_pb2, "auth_pb2": auth_pb2, "rpc_pb2": rpc_pb2}

for _name, _module in _OWN.items():
    # The one import side effect of the project: aioetcd3 offers no other way in.
    sys.modules.setdefault(f"aioetcd3._etcdv3.{_name}", _module)

import aioetcd3._etcdv3  # noqa: E402

for _name, _module in _OWN.items():
    setattr(aioetcd3._etcdv3, _name, _module)

from aioetcd3._etcdv3.rpc_pb2_grpc import WatchStub  # noqa: E402
from aioetcd3.kv import KV  # noqa: E402
from aioetcd3.lease import Lease  # noqa: E402
from aioetcd3.maintenance import Maintenance  # noqa: E402

__all__ = ["KV", "Lease", "Maintenance", "WatchStub", "kv_pb2", "rpc_pb2"]
