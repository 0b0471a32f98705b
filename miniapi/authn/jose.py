"""Signed JSON Web Tokens with the keys and algorithms that Kubernetes has for them (RFC 7515, 7517, 7518), by PyJWT.

The library is loaded with the first token: a start does not pay for it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from jwt import PyJWS

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
"""All that are ever believed; neither `none` nor a shared secret is among them."""

_OF_RSA = tuple(a for a in ALGORITHMS if not a.startswith("ES"))
_OF_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_JWK_MEMBERS = ("use", "kty", "kid", "crv", "alg", "x", "y", "n", "e")
_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)


class BadToken(Exception):
    """A token that no key confirms."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to verify with."""

    key: Any
    key_id: str
    """SHA-256 of the key in PKIX form, base64url: what the original derives (serviceaccount.keyIDFromPublicKey)."""
    algorithms: tuple[str, ...]
    """That it verifies, the one that service account tokens are signed with first."""

    @property
    def algorithm(self) -> str:
        """That service account tokens are signed with."""
        return self.algorithms[0]

    def jwk(self) -> dict[str, str]:
        """The JSON Web Key, members in go-jose's order."""
        material = _jws().get_algorithm_by_name(self.algorithm).to_jwk(self.key, as_dict=True)
        members = {**material, "use": "sig", "kid": self.key_id, "alg": self.algorithm}
        return {name: members[name] for name in _JWK_MEMBERS if name in members}


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key to sign with."""

    key: Any
    public: PublicKey


@cache
def _jws() -> PyJWS:
    import jwt

    return jwt.PyJWS(ALGORITHMS)


def public_key(key: Any) -> PublicKey:
    """ValueError for a key that tokens are not signed with."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        algorithms = _OF_RSA
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _OF_CURVES:
        algorithms = (_OF_CURVES[key.curve.name],)
    else:
        raise ValueError("a service account key is an RSA key or an EC key of the curves P-256, P-384, P-521")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key_id = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    return PublicKey(key, key_id, algorithms)


def from_jwk(jwk: Mapping[str, Any]) -> PublicKey | None:
    """The key of a JSON Web Key, known by the id that it has there; None for one that is not for these algorithms."""
    import jwt

    if jwk.get("use") not in (None, "sig"):
        return None
    try:
        made = public_key(jwt.PyJWK(dict(jwk)).key)
    except (jwt.PyJWTError, KeyError, ValueError):
        return None
    return replace(made, key_id=str(jwk.get("kid") or ""))


def read_private_key(pem: bytes) -> PrivateKey:
    """The private key of a PEM file; ValueError where there is none."""
    from cryptography.hazmat.primitives import serialization

    for block in _PEM_BLOCK.finditer(pem):
        if block[1].endswith(b"PRIVATE KEY"):
            key: Any = serialization.load_pem_private_key(block[0], None)
            return PrivateKey(key, public_key(key.public_key()))
    raise ValueError("there is no private key in PEM form")


def read_public_keys(pem: bytes) -> list[PublicKey]:
    """Every public key, private key's public half and certificate's key (keyutil.PublicKeysFromFile)."""
    from cryptography.hazmat.primitives import serialization

    keys: list[PublicKey] = []
    for block in _PEM_BLOCK.finditer(pem):
        if block[1].endswith(b"PRIVATE KEY"):
            private: Any = serialization.load_pem_private_key(block[0], None)
            keys.append(public_key(private.public_key()))
        elif block[1].endswith(b"PUBLIC KEY"):
            keys.append(public_key(serialization.load_pem_public_key(block[0])))
        elif block[1] == b"CERTIFICATE":
            from cryptography import x509

            keys.append(public_key(x509.load_pem_x509_certificate(block[0]).public_key()))
    if not keys:
        raise ValueError("there is no public key in PEM form")
    return keys


def sign(claims: Mapping[str, Any], key: PrivateKey) -> str:
    """The compact form, members sorted and without `typ` as the original's are."""
    payload = orjson.dumps(claims, option=orjson.OPT_SORT_KEYS)
    return _jws().encode(payload, key.key, key.public.algorithm, {"kid": key.public.key_id, "typ": ""})


def unverified_claims(token: str) -> dict[str, Any] | None:
    """What a token says of itself, not to be trusted; None where it is no compact token."""
    import jwt

    try:
        claims = orjson.loads(_jws().decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def key_id_of(token: str) -> str:
    """The id of the key that a token says it was signed with; empty where it says none."""
    return str(_jws().get_unverified_header(token).get("kid") or "")


def verify(token: str, keys: Sequence[PublicKey], algorithms: Sequence[str] = ALGORITHMS) -> Any:
    """The claims, when one of the keys confirms them by one of the algorithms; else BadToken. No times are judged.

    The token is one that `unverified_claims` could read.
    """
    import jwt

    key_id = key_id_of(token)
    candidates = [k for k in keys if not key_id or k.key_id == key_id]
    if not candidates:
        raise BadToken("invalid signature, no keys found")
    for key in candidates:
        try:
            payload = _jws().decode(token, key.key, [a for a in key.algorithms if a in algorithms])
        except jwt.PyJWTError:
            continue
        return orjson.loads(payload)
    raise BadToken("go-jose/go-jose: error in cryptographic primitive")
