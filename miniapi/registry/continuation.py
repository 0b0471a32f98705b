"""Continue tokens: where a list goes on, bound to the revision it was read at (apiserver/pkg/storage/continue.go)."""

from __future__ import annotations

import base64
import json
import posixpath
import re

from miniapi import errors
from miniapi.meta.go_json import json_complaint

LATEST = -1
"""The revision of a token that goes on with whatever is there by then."""
_VERSION = "meta.k8s.io/v1"
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def encode(start_key: str, revision: int) -> str:
    """`start_key` is the last key sent, relative to the list's prefix; the list goes on after it."""
    document = {"v": _VERSION, "rv": revision, "start": start_key + "\x00"}
    raw = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(token: str) -> tuple[str, int]:
    """-> (last key sent, revision or LATEST). 400 in the original's words for anything else."""
    try:
        return _decoded(token)
    except ValueError as problem:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {problem}") from None


def _decoded(token: str) -> tuple[str, int]:
    raw = _base64(token)
    try:
        document = json.loads(raw)
    except ValueError:
        raise ValueError(json_complaint(raw)) from None
    if not isinstance(document, dict):
        raise ValueError("json: cannot unmarshal into Go value of type storage.continueToken")  # noqa: TRY004
    version, revision, start = document.get("v") or "", document.get("rv") or 0, document.get("start") or ""
    if version != _VERSION:
        raise ValueError(f"server does not recognize this encoded version {version}")
    if not isinstance(revision, int) or revision == 0:
        raise ValueError(f"incorrect encoded start resourceVersion (version {_VERSION})")
    if not isinstance(start, str) or not start:
        raise ValueError(f"encoded start key empty (version {_VERSION})")
    key = start if start.startswith("/") else "/" + start
    if posixpath.normpath(key) != key or key.startswith("//"):
        raise ValueError(start)
    return key[1:].removesuffix("\x00"), revision


def _base64(token: str) -> bytes:
    """base64.RawURLEncoding; ValueError with Go's words."""
    text = token.replace("\r", "").replace("\n", "")
    good = _ALPHABET.match(text)
    end = good.end() if good else 0
    if end < len(text):
        raise ValueError(f"illegal base64 data at input byte {end}")
    if len(text) % 4 == 1:
        raise ValueError(f"illegal base64 data at input byte {len(text) - 1}")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
