"""Secrets: stringData is folded into data when it is read."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

from miniapi.meta.objects import Object
from miniapi.strategies.interface import Strategy


def default(obj: Object) -> None:
    """Type Opaque; stringData, which is write-only, wins over data."""
    if not obj.get("type"):
        obj["type"] = "Opaque"
    texts = obj.pop("stringData", None)
    if texts:
        encoded = {name: b64encode(text.encode()).decode("ascii") for name, text in texts.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n.*?-----END \1-----", re.DOTALL)


def _key_pair_problem(certificate: bytes, key: bytes) -> str:
    """What tls.X509KeyPair says before it looks into the certificate and the key."""
    kinds = [kind.decode() for kind in _BLOCK.findall(certificate)]
    if not kinds:
        return "tls: failed to find any PEM data in certificate input"
    if "CERTIFICATE" not in kinds:
        if len(kinds) == 1 and kinds[0].endswith("PRIVATE KEY"):
            switched = "but did find a private key; PEM inputs may have been switched"
            return f"tls: failed to find certificate PEM data in certificate input, {switched}"
        skipped = f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"
        return f'tls: failed to find "CERTIFICATE" PEM block in certificate input {skipped}'
    kinds = [kind.decode() for kind in _BLOCK.findall(key)]
    if not kinds:
        return "tls: failed to find any PEM data in key input"
    if any(kind.endswith("PRIVATE KEY") for kind in kinds):
        return ""
    if kinds == ["CERTIFICATE"]:
        return "tls: found a certificate rather than a key in the PEM for the private key"
    skipped = f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"
    return f'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input {skipped}'


def _warnings(obj: Object) -> list[str]:
    if obj.get("type") != "kubernetes.io/tls":
        return []
    data = obj.get("data") or {}
    problem = _key_pair_problem(*(b64decode(data.get(name) or "") for name in ("tls.crt", "tls.key")))
    return [problem] if problem else []


STRATEGY = Strategy(
    default=default,
    warnings_create=lambda obj, _ctx: _warnings(obj),
    warnings_update=lambda obj, _old, _ctx: _warnings(obj),
    selectable_fields={"type": lambda obj: obj.get("type") or ""},
)
