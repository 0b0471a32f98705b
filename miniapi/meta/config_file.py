"""Files that flags name: one object each, in YAML or JSON."""

from __future__ import annotations

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
