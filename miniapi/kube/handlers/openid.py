"""OpenID discovery of the service account issuer: how others verify this server's tokens."""

from __future__ import annotations

import orjson

from miniapi.authn import discovery
from miniapi.authn.builtin import Authentication
from miniapi.endpoints.context import Context
from miniapi.server.generic import PathHandler
from miniapi.wire import Reply

_HEADERS = [("Cache-Control", discovery.CACHE_CONTROL)]


def openid_paths(identity: Authentication, external_address: str) -> dict[str, PathHandler]:
    """Exact path -> handler; none where the issuer is not one that can be discovered.

    The keys are read with the first request, not at start. `external_address` is HOST:PORT.
    """
    issuer = identity.options.effective_issuers()[0]
    if not discovery.is_discoverable(issuer):
        return {}

    async def configuration(context: Context) -> Reply:
        where = discovery.keys_uri(identity.options.jwks_uri, external_address)
        document = discovery.configuration(issuer, where, identity.keys.verification)
        return _answer(context, orjson.dumps(document), discovery.CONFIGURATION_TYPE)

    async def keys(context: Context) -> Reply:
        document = discovery.key_set(identity.keys.verification)
        return _answer(context, orjson.dumps(document), discovery.KEYS_TYPE)

    return {discovery.CONFIGURATION_PATH: configuration, discovery.KEYS_PATH: keys}


def _answer(context: Context, body: bytes, content_type: str) -> Reply:
    if context.info.verb != "get":
        return Reply(405, b"405: Method Not Allowed", "text/plain; charset=utf-8")
    return Reply(200, body, content_type, list(_HEADERS))
