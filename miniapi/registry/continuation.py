"""Continue tokens: where a list goes on, bound to the revision it was read at (apiserver/pkg/storage/continue.go)."""

from __future__ import annotations

import base64
import binascii
import json

from miniapi import errors

_VERSION = "meta.k8s.io/v1"


def encode(start_key: str, revision: int) -> str:
    """`start_key` is the last key sent, relative to the list's prefix; the list goes on after it."""
    document = {"v": _VERSION, "rv": revision, "start": start_key + "\x00"}
    raw = json.dumps(document, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(token: str) -> tuple[str, int]:
    """-> (last key sent, revision). 400 in the original's words for anything else."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        document = json.loads(raw)
    except (binascii.Error, ValueError) as problem:
        raise errors.bad_request(f"continue key is not valid: {problem}") from None
    if not isinstance(document, dict) or document.get("v") != _VERSION:
        raise errors.bad_request("continue key is not valid: server does not recognize this encoded version")
    revision, start = document.get("rv"), document.get("start")
    if not isinstance(revision, int) or revision == 0:
        raise errors.bad_request(
            "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
        )
    if not isinstance(start, str) or not start:
        raise errors.bad_request("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
    if ".." in start.split("/"):
        raise errors.bad_request(f"continue key is not valid: {start}")
    return start.removesuffix("\x00"), revision
