"""Files that flags name: one object each, in YAML or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class BadConfigFile(Exception):
    """What is wrong with the file, in one line that does not name it."""


def read_object(path: Path) -> dict[str, Any]:
    """The file's object. BadConfigFile, or OSError where there is nothing to read."""
    import yaml

    try:
        document = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError) as problem:  # the latter of dates that are none
        raise BadConfigFile(f"it is not YAML: {' '.join(str(problem).split())}") from None
    if not isinstance(document, dict):
        raise BadConfigFile("it holds no object")
    return document


def read_configuration(path: Path, kind: str, api_versions: Sequence[str]) -> dict[str, Any]:
    """The file's object, of that kind and one of the versions. BadConfigFile, also where it cannot be read."""
    try:
        document = read_object(path)
    except OSError as problem:
        raise BadConfigFile(f"it cannot be read: {problem.strerror}") from None
    if document.get("kind") != kind or document.get("apiVersion") not in api_versions:
        raise BadConfigFile(f"it must be of apiVersion {api_versions[0]} and kind {kind}")
    return document
