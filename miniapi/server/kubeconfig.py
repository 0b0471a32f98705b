"""The kubeconfig that `serve` writes, and its place in the user's own."""

from __future__ import annotations

import base64
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miniapi.server.certificates import Certificates

NAME = "miniapi"
_LISTS = ("clusters", "users", "contexts")
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@+-]*=*")


def document(server: str, certificates: Certificates, ca_file: Path | None = None) -> dict[str, Any]:
    """A kubeconfig with one cluster, one admin user, one context, all called miniapi.

    `ca_file` is what the client trusts where the server does not serve with its own certificate.
    """
    certificate, key = certificates.pair("admin")

    def embedded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": embedded(ca_file or certificates.ca)}
    user = {"client-certificate-data": embedded(certificate), "client-key-data": embedded(key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }


def write(path: Path, config: Mapping[str, Any]) -> None:
    """Writes the file for its owner alone, all or nothing. OSError where it cannot be written."""
    _replace(path, rendered(config))


def rendered(config: Mapping[str, Any]) -> str:
    """The YAML text; made here since a start should not pay for a YAML library."""
    return "\n".join(_lines(config, "")) + "\n"


def _lines(value: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines += [f"{indent}{key}:", *_lines(item, indent + "  ")]
        elif isinstance(item, list):
            lines.append(f"{indent}{key}:")
            for entry in item:
                first, *rest = _lines(entry, indent + "  ")
                lines += [f"{indent}- {first.lstrip()}", *rest]
        else:
            text = str(item)
            lines.append(f"{indent}{key}: {text if _PLAIN.fullmatch(text) else json.dumps(text)}")
    return lines


def user_path(environment: Mapping[str, str] | None = None) -> Path:
    """The file that kubectl writes to: the first of $KUBECONFIG that exists, else its last, else ~/.kube/config."""
    given = (os.environ if environment is None else environment).get("KUBECONFIG", "")
    paths = [Path(p) for p in given.split(os.pathsep) if p]
    if not paths:
        return Path.home() / ".kube" / "config"
    return next((p for p in paths if p.exists()), paths[-1])


def merge(path: Path, config: Mapping[str, Any]) -> None:
    """Adds cluster, user and context to an existing kubeconfig, and makes the context current; keeps all else.

    ValueError where the file is not a kubeconfig; it is then left as it is. Comments do not survive, as with kubectl.
    """
    import yaml

    existing: dict[str, Any] = {}
    if path.exists():
        try:
            loaded = yaml.safe_load(path.read_text())
        except yaml.YAMLError:
            raise ValueError(f"{path} is not YAML; it was left as it is") from None
        existing = {} if loaded is None else loaded
        lists = [existing.get(part) for part in _LISTS] if isinstance(existing, dict) else [0]
        if not all(entries is None or isinstance(entries, list) for entries in lists):
            raise ValueError(f"{path} is not a kubeconfig; it was left as it is")
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", **existing}
    for part in _LISTS:
        merged[part] = _with_ours(existing.get(part) or [], config[part][0])
    merged["current-context"] = config["current-context"]
    # Through a symbolic link to where the file really is: the link is the user's own arrangement.
    _replace(path.resolve(), yaml.safe_dump(merged, sort_keys=False))


def _with_ours(entries: list[Any], ours: Mapping[str, Any]) -> list[Any]:
    """In the place of an entry of that name, else at the end."""
    names = [e.get("name") if isinstance(e, dict) else None for e in entries]
    if ours["name"] not in names:
        return [*entries, ours]
    return [ours if name == ours["name"] else entry for name, entry in zip(names, entries, strict=True)]


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(unfinished).replace(path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
