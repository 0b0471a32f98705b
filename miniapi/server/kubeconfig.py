"""The kubeconfig that `serve` writes."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from miniapi.server.certificates import Certificates

NAME = "miniapi"


def document(server: str, certificates: Certificates) -> dict[str, Any]:
    """A kubeconfig with one cluster, one admin user, one context, all called miniapi."""
    certificate, key = certificates.pair("admin")

    def embedded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": embedded(certificates.ca)}
    user = {"client-certificate-data": embedded(certificate), "client-key-data": embedded(key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }


def write(path: Path, config: dict[str, Any]) -> None:
    """Writes the file for its owner alone. JSON is YAML, and needs no YAML library at start."""
    import json

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(config, file, indent=1)
        file.write("\n")


def merge(path: Path, config: dict[str, Any]) -> None:
    """Adds cluster, user and context to an existing kubeconfig, and makes the context current; keeps all else."""
    import yaml

    existing: dict[str, Any] = {}
    if path.exists():
        existing = yaml.safe_load(path.read_text()) or {}
        if not isinstance(existing, dict):
            raise ValueError(f"{path} is not a kubeconfig; it was left as it is")
    merged = {**config, **existing}
    for part in ("clusters", "users", "contexts"):
        others = [e for e in existing.get(part) or [] if e.get("name") != NAME]
        merged[part] = [*others, *config[part]]
    merged["current-context"] = NAME
    text = yaml.safe_dump(merged, sort_keys=False)
    replacement = path.with_name(path.name + ".miniapi")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    replacement.replace(path)
