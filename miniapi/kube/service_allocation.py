"""Gives services their addresses and node ports, and takes them back.

After pkg/registry/core/service/storage/{storage,alloc}.go. An address is held by an IPAddress object,
so that servers that share a store never give one twice; ports are known from the stored services,
which are read at first use.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from miniapi import errors
from miniapi.clock import Clock, rfc3339
from miniapi.endpoints.scope import Hooks
from miniapi.meta.network import is_ipv6
from miniapi.meta.objects import Object
from miniapi.meta.service_types import NONE
from miniapi.registry.problems import STORE_PROBLEMS, told
from miniapi.registry.resource import Resource
from miniapi.storage.interface import KeyConflict
from miniapi.strategies.interface import WriteContext
from miniapi.strategies.service_ip import (
    FULL,
    Allocation,
    Networks,
    RangeFull,
    allocate_ips,
    allocate_ports,
    init_families,
    networks,
    not_allocated,
)
from miniapi.validation.service import cluster_ips

_MANAGED_BY = "ipallocator.k8s.io"
_MANAGER = "kube-apiserver"
_ADDRESS_FIELDS: Object = {
    "f:metadata": {
        "f:labels": {
            ".": {},
            "f:ipaddress.kubernetes.io/ip-family": {},
            "f:ipaddress.kubernetes.io/managed-by": {},
        }
    },
    "f:spec": {"f:parentRef": {".": {}, "f:name": {}, "f:namespace": {}, "f:resource": {}}},
}


@dataclass(slots=True)
class _Used:
    """What stored services hold, and what writes under way have taken."""

    ips: set[str] = field(default_factory=set)
    ports: set[int] = field(default_factory=set)


class ServiceAllocation:
    """The hooks of services."""

    def __init__(self, services: Resource, addresses: Resource, ranges: str, node_ports: range, clock: Clock) -> None:
        self._services, self._addresses, self._clock = services, addresses, clock
        self._networks: Networks = networks(ranges)
        self._node_ports = node_ports
        self._used: _Used | None = None
        self._lock = asyncio.Lock()
        self._under_way: dict[int, Allocation] = {}

    def hooks(self) -> Hooks:
        """What the services' scope calls."""
        return Hooks(self.before_create, self.before_update, self.after_write, self.after_delete)

    async def before_create(self, obj: Object, ctx: WriteContext) -> None:
        """Families, addresses and ports of a new service, in place. ApiError 422, 500."""
        await self._allocate(obj, None, ctx)

    async def before_update(self, obj: Object, old: Object, ctx: WriteContext) -> None:
        """As `before_create`, beside what the service has."""
        await self._allocate(obj, old, ctx)

    async def after_write(self, obj: Object, stored: bool) -> None:
        """Gives back what the write left behind: the old, or the new where nothing was stored."""
        done = self._under_way.pop(id(obj), None)
        if done is not None:
            await self._release(*((done.released_ips, done.released_ports) if stored else (done.ips, done.ports)))

    async def after_delete(self, obj: Object) -> None:
        """All that the service had is free again."""
        await self._release(_ips(obj["spec"]), _ports(obj["spec"]))

    async def _allocate(self, obj: Object, old: Object | None, ctx: WriteContext) -> None:
        spec, old_spec = obj["spec"], old["spec"] if old is not None else None

        def check(new: dict[str, Any]) -> list[errors.Cause]:
            return [problem.cause() for problem in cluster_ips(new, old_spec)]

        name = obj["metadata"].get("name") or ""
        _raise_invalid(name, init_families(spec, old_spec, self._networks, check))
        used = await self._known()
        done = await self._addresses_for(obj, old_spec, used, ctx.dry_run)
        try:
            ports = self._chosen_ports(spec, old_spec, used, name, ctx.dry_run)
        except errors.ApiError:
            if not ctx.dry_run:
                await self._release(done.ips, [])
            raise
        if ctx.dry_run:
            return
        used.ports.update(ports.ports)
        done.ports, done.released_ports = ports.ports, ports.released_ports
        self._under_way[id(obj)] = done

    def _chosen_ports(
        self, spec: dict[str, Any], old_spec: dict[str, Any] | None, used: _Used, name: str, dry_run: bool
    ) -> Allocation:
        try:
            done = allocate_ports(spec, old_spec, self._node_ports, used.ports, random.randrange, dry_run=dry_run)
        except RangeFull as problem:
            text = str(problem)
            raise errors.internal(f"failed to allocate a nodePort: {text}" if text == FULL else text) from None
        _raise_invalid(name, done.errors)
        return done

    async def _addresses_for(
        self, obj: Object, old_spec: dict[str, Any] | None, used: _Used, dry_run: bool
    ) -> Allocation:
        """Chooses and, but for a dry run, holds them; chooses again where another server was first."""
        spec, meta = obj["spec"], obj["metadata"]
        asked = {name: spec.get(name) for name in ("clusterIP", "clusterIPs")}
        while True:
            try:
                done = allocate_ips(spec, old_spec, self._networks, used.ips, random.randrange, dry_run=dry_run)
            except RangeFull as problem:
                raise errors.internal(f"failed to allocate a serviceIP: {problem}") from None
            if done.ips and not dry_run and not meta.get("name"):
                done.errors.append(_nameless(done.ips[0], asked["clusterIPs"] or []))
            _raise_invalid(meta.get("name") or "", done.errors)
            if dry_run or await self._hold(done.ips, meta, used):
                return done
            for name, value in asked.items():
                if value is None:
                    spec.pop(name, None)
                else:
                    spec[name] = value

    async def _hold(self, ips: list[str], meta: dict[str, Any], used: _Used) -> bool:
        """Creates each address's IPAddress; False, and nothing is held, where one exists."""
        used.ips.update(ips)
        for at, ip in enumerate(ips):
            try:
                await self._addresses.create("", ip, _address(ip, meta, rfc3339(self._clock())))
            except KeyConflict:
                await self._release(ips[:at], [])
                used.ips.difference_update(ips[at + 1 :])
                return False
        return True

    async def _release(self, ips: list[str], ports: list[int]) -> None:
        used = await self._known()
        used.ports.difference_update(ports)
        for ip in ips:
            current = await self._addresses.get("", ip)
            while current is not None:
                try:
                    await self._addresses.remove(current)
                    break
                except KeyConflict as conflict:
                    current = conflict.current
            used.ips.discard(ip)

    async def _known(self) -> _Used:
        """What is used, read from the store once."""
        async with self._lock:
            if self._used is None:
                try:
                    services, addresses = await self._services.scan(""), await self._addresses.scan("")
                except STORE_PROBLEMS as problem:
                    raise told(problem) from None
                used = _Used({stored.key.rsplit("/", 1)[1] for stored in addresses.items})
                for stored in services.items:
                    spec = self._services.decode(stored).get("spec") or {}
                    used.ips.update(_ips(spec))
                    used.ports.update(_ports(spec))
                self._used = used
            return self._used


def _nameless(ip: str, wanted: list[str]) -> errors.Cause:
    """A service without a name does not get as far as its own validation: nobody could hold its address."""
    why = f'IPAddress.networking.k8s.io "{ip}" is invalid: spec.parentRef.name: Required value'
    return not_allocated(wanted, ip if ip in wanted else "", why)


def _address(ip: str, parent: dict[str, Any], now: str) -> Object:
    """The IPAddress that says which service has the address."""
    return {
        "kind": "IPAddress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": {
            "name": ip,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": now,
            "labels": {
                "ipaddress.kubernetes.io/ip-family": "IPv6" if is_ipv6(ip) else "IPv4",
                "ipaddress.kubernetes.io/managed-by": _MANAGED_BY,
            },
            "managedFields": [
                {
                    "manager": _MANAGER,
                    "operation": "Update",
                    "apiVersion": "networking.k8s.io/v1",
                    "time": now,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": _ADDRESS_FIELDS,
                }
            ],
        },
        "spec": {"parentRef": {"resource": "services", "namespace": parent["namespace"], "name": parent["name"]}},
    }


def _ips(spec: dict[str, Any]) -> list[str]:
    if spec.get("type") == "ExternalName":
        return []
    return [ip for ip in spec.get("clusterIPs") or () if ip != NONE]


def _ports(spec: dict[str, Any]) -> list[int]:
    found = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return found + ([spec["healthCheckNodePort"]] if spec.get("healthCheckNodePort") else [])


def _raise_invalid(name: str, causes: list[errors.Cause]) -> None:
    if causes:
        raise errors.invalid("Service", "", name, causes)
