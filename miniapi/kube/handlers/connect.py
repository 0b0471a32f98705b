"""What the subresources that connect to something have in common: names with ports, paths, admission."""

from __future__ import annotations

import ipaddress

from miniapi import errors
from miniapi.endpoints.context import Context
from miniapi.endpoints.parameters import WriteOptions
from miniapi.endpoints.scope import Scope
from miniapi.endpoints.writes import attributes
from miniapi.meta.objects import Object
from miniapi.registry.resource import Resource


async def admit(context: Context, scope: Scope, options: Object) -> None:
    """Lets admission see a CONNECT with its options."""
    obj = {"kind": scope.gvk.kind, "apiVersion": scope.gvk.api_version, **options}
    connect = attributes(context, scope, "CONNECT", context.info.name, obj, None, WriteOptions())
    connect.options = {}
    await scope.admission.mutate(connect)
    await scope.admission.validate(connect)


async def read(resource: Resource, plural: str, namespace: str, name: str) -> Object:
    """The object; 404 where it is not there."""
    stored = await resource.get(namespace, name)
    if stored is None:
        raise errors.not_found(plural, "", name)
    return resource.decode(stored)


def split_name(text: str, what: str) -> tuple[str, str, str]:
    """(scheme, name, port) of `name`, `name:port` or `scheme:name:port`; 400 for what is none of them."""
    parts = text.split(":")
    scheme, name, port = "", parts[0], ""
    if len(parts) == 2:
        port = parts[1]
    elif len(parts) == 3:
        scheme, name, port = parts
    if len(parts) > 3 or not name or (scheme not in ("http", "https") and len(parts) == 3):
        raise errors.bad_request(f'invalid {what} request "{text}"')
    return scheme, name, port


def split_path(context: Context) -> tuple[str, str]:
    """(path up to and with `/proxy`, what comes after it) of the request."""
    info, segments = context.info, context.request.path.split("/")
    for i in range(2, len(segments)):
        if segments[i] == info.subresource and segments[i - 1] == info.name and segments[i - 2] == info.resource:
            after = segments[i + 1 :]
            return "/".join(segments[: i + 1]), "/" + "/".join(after) if after else ""
    return context.request.path, ""


def is_proxyable(address: str) -> bool:
    """Not this machine's, nor one that reaches no further than a link."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)
