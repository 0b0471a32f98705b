"""Signed JSON Web Tokens in compact form, with the algorithms that service account keys have (RFC 7515, 7518).

RS256 for RSA keys; ES256, ES384, ES512 by the key's curve; nothing else is ever accepted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CURVES = {
    "secp256r1": ("ES256", "P-256", 32),
    "secp384r1": ("ES384", "P-384", 48),
    "secp521r1": ("ES512", "P-521", 66),
}


class BadToken(Exception):
    """A token that is not whole, or whose signature no key confirms."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to verify with."""

    key: Any
    key_id: str
    """SHA-256 of the key in PKIX form, base64url: what the original derives (serviceaccount.keyIDFromPublicKey)."""
    algorithm: str

    def jwk(self) -> dict[str, str]:
        """The JSON Web Key, members in go-jose's order."""
        numbers = self.key.public_numbers()
        if self.algorithm == "RS256":
            exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
            modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
            material = {"n": base64url(modulus), "e": base64url(exponent)}
            return {"use": "sig", "kty": "RSA", "kid": self.key_id, "alg": self.algorithm, **material}
        _, curve, size = _CURVES[self.key.curve.name]
        return {
            "use": "sig",
            "kty": "EC",
            "kid": self.key_id,
            "crv": curve,
            "alg": self.algorithm,
            "x": base64url(numbers.x.to_bytes(size)),
            "y": base64url(numbers.y.to_bytes(size)),
        }


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key to sign with."""

    key: Any
    public: PublicKey


def public_key(key: Any) -> PublicKey:
    """ValueError for a key that tokens are not signed with."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey):
        algorithm = "RS256"
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        algorithm = _CURVES[key.curve.name][0]
    else:
        raise ValueError("a service account key is an RSA key or an EC key of the curves P-256, P-384, P-521")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(key, base64url(hashlib.sha256(der).digest()), algorithm)


def from_jwk(jwk: Mapping[str, Any]) -> PublicKey | None:
    """The key of a JSON Web Key, known by the id that it has there; None for one that is not for these algorithms."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if jwk.get("use") not in (None, "sig"):
        return None
    try:
        if jwk.get("kty") == "RSA":
            key: Any = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
        elif jwk.get("kty") == "EC":
            curve: Any = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[jwk["crv"]]
            key = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve()).public_key()
        else:
            return None
        made = public_key(key)
    except (KeyError, ValueError):
        return None
    return PublicKey(key, str(jwk.get("kid") or ""), made.algorithm)


def _number(text: str) -> int:
    return int.from_bytes(unbase64url(text))


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
    """The compact form, members sorted as the original's are."""
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    header = {"alg": key.public.algorithm, "kid": key.public.key_id}
    payload = orjson.dumps(claims, option=orjson.OPT_SORT_KEYS)
    message = f"{base64url(orjson.dumps(header))}.{base64url(payload)}"
    digest = _hash(key.public.algorithm)
    if key.public.algorithm == "RS256":
        signature = key.key.sign(message.encode(), padding.PKCS1v15(), digest)
    else:
        size = _CURVES[key.key.curve.name][2]
        r, s = utils.decode_dss_signature(key.key.sign(message.encode(), ec.ECDSA(digest)))
        signature = r.to_bytes(size) + s.to_bytes(size)
    return f"{message}.{base64url(signature)}"


def unverified_claims(token: str) -> Any:
    """What a token says of itself, not to be trusted; None where it is no compact token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(unbase64url(parts[1]))
    except (ValueError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def key_id_of(token: str) -> str:
    """The id of the key that a token says it was signed with; empty where it says none."""
    try:
        header = orjson.loads(unbase64url(token.split(".", 1)[0]))
    except (ValueError, binascii.Error):
        return ""
    return str(header.get("kid") or "") if isinstance(header, dict) else ""


def verify(token: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The claims, when one of the keys confirms the signature; else BadToken. Times are not judged here."""
    try:
        header_text, payload_text, signature_text = token.split(".")
        header = orjson.loads(unbase64url(header_text))
        signature = unbase64url(signature_text)
        key_id, algorithm = header.get("kid", ""), header["alg"]
        claims = orjson.loads(unbase64url(payload_text))
    except (ValueError, binascii.Error, KeyError, AttributeError):
        raise BadToken("the token is not a signed JSON Web Token") from None
    candidates = [k for k in keys if not key_id or k.key_id == key_id]
    if not candidates:
        raise BadToken("invalid signature, no keys found")
    message = f"{header_text}.{payload_text}".encode()
    for key in candidates:
        if key.algorithm == algorithm and _confirms(key, message, signature):
            if not isinstance(claims, dict):
                break
            return claims
    raise BadToken("go-jose/go-jose: error in cryptographic primitive")


def _confirms(key: PublicKey, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    digest = _hash(key.algorithm)
    try:
        if key.algorithm == "RS256":
            key.key.verify(signature, message, padding.PKCS1v15(), digest)
            return True
        size = _CURVES[key.key.curve.name][2]
        if len(signature) != 2 * size:
            return False
        pair = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        key.key.verify(utils.encode_dss_signature(*pair), message, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def _hash(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    if algorithm.endswith("256"):
        return hashes.SHA256()
    return hashes.SHA384() if algorithm.endswith("384") else hashes.SHA512()


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """Without padding; binascii.Error or ValueError where it is not base64url."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
