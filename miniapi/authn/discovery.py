"""OpenID discovery of the service account issuer (pkg/serviceaccount/openidmetadata.go)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from miniapi.authn.jose import PublicKey

CONFIGURATION_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"
CONFIGURATION_TYPE, KEYS_TYPE = "application/json", "application/jwk-set+json"
CACHE_CONTROL = "public, max-age=3600"


def configuration(issuer: str, keys_uri: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The document at CONFIGURATION_PATH."""
    return {
        "issuer": issuer,
        "jwks_uri": keys_uri,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted({k.algorithm for k in keys}),
    }


def key_set(keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The document at KEYS_PATH."""
    return {"keys": [k.jwk() for k in keys]}


def is_discoverable(issuer: str) -> bool:
    """Whether relying parties can find the documents: the original serves none for another kind of issuer."""
    return urlsplit(issuer).scheme == "https"


def keys_uri(given: str, external_address: str) -> str:
    """--service-account-jwks-uri, or where this server (`host:port`) serves them."""
    return given or f"https://{external_address}{KEYS_PATH}"
