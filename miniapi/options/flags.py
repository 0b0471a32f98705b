"""Flags as Go's pflag reads them, made from dataclass fields that carry `flag` in their metadata.

argparse and click stop at the first mistake; a command line of ours is told all of them at once.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag and where its value goes."""

    name: str
    kind: str
    """string, strings, int, float, bool, duration (seconds), ip, map."""
    help: str
    section: str
    attribute: str
    default: Any


def flags_of(section: str, options_type: type[Any]) -> list[Flag]:
    """The flags that a dataclass declares."""
    found = []
    for field in dataclasses.fields(options_type):
        name = field.metadata.get("flag")
        if name:
            default = field.default if field.default is not dataclasses.MISSING else None
            if field.default_factory is not dataclasses.MISSING:
                default = field.default_factory()
            found.append(
                Flag(
                    name,
                    field.metadata.get("kind", "string"),
                    field.metadata.get("help", ""),
                    section,
                    field.name,
                    default,
                )
            )
    return found


def duration(text: str) -> float:
    """`1m30s` -> 90.0; ValueError in Go's words."""
    if text in ("0", "+0", "-0"):
        return 0.0
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text.lstrip("+-")
    parts = _DURATION.findall(rest)
    if not parts or "".join(a + b for a, b in parts) != rest:
        raise ValueError(f'invalid duration "{text}"')
    return sign * sum(float(a) * _SECONDS[b] for a, b in parts)


def boolean(text: str) -> bool:
    """strconv.ParseBool."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError("it takes true or false")


def convert(kind: str, text: str) -> Any:
    """One flag's text to its value; ValueError says what it takes."""
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise ValueError("it takes a whole number") from None
    if kind == "float":
        try:
            return float(text)
        except ValueError:
            raise ValueError("it takes a number") from None
    if kind == "bool":
        return boolean(text)
    if kind == "duration":
        return duration(text)
    if kind == "ip":
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise ValueError("it takes an IP address") from None
    if kind == "strings":
        return [part for part in text.split(",") if part]
    if kind == "map":
        pairs = {}
        for part in text.split(","):
            if part:
                left, found, right = part.partition("=")
                if not found:
                    raise ValueError("it takes key=value pairs")
                pairs[left.strip()] = right.strip()
        return pairs
    return text


def parse(argv: Sequence[str], flags: Mapping[str, Flag]) -> tuple[dict[str, Any], list[str], list[str]]:
    """-> (values by flag name, positional arguments, problems)."""
    values: dict[str, Any] = {}
    rest: list[str] = []
    problems: list[str] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        position += 1
        if word == "--":
            rest.extend(argv[position:])
            break
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        name, has_value, text = word.lstrip("-").partition("=")
        name = {"v": "v", "h": "help", "q": "quiet"}.get(name, name).replace("_", "-")
        flag = flags.get(name)
        if flag is None:
            problems.append(unknown(name, flags))
            if not has_value and position < len(argv) and not argv[position].startswith("-"):
                position += 1
            continue
        if not has_value:
            if flag.kind == "bool":
                text = "true"
            elif position < len(argv):
                text = argv[position]
                position += 1
            else:
                problems.append(f"--{name} needs a value: --{name}={flag.kind.upper()}")
                continue
        problems += put(values, flag, text)
    return values, rest, problems


def put(values: dict[str, Any], flag: Flag, text: str) -> list[str]:
    """Stores one value, lists and maps added to what is there; the problem if there is one."""
    try:
        value = convert(flag.kind, text)
    except ValueError as problem:
        return [f'--{flag.name}: "{text}" cannot be read, {problem}']
    if flag.kind == "strings":
        values.setdefault(flag.name, []).extend(value)
    elif flag.kind == "map":
        values.setdefault(flag.name, {}).update(value)
    else:
        values[flag.name] = value
    return []


def from_mapping(
    document: Mapping[str, Any], flags: Mapping[str, Flag], source: str
) -> tuple[dict[str, Any], list[str]]:
    """The same names from a configuration file's mapping."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in document.items():
        flag = flags.get(str(name))
        if flag is None:
            problems.append(f"{source}: {unknown(str(name), flags)}")
            continue
        texts = value if isinstance(value, list) else [value]
        if isinstance(value, dict):
            texts = [f"{k}={v}" for k, v in value.items()]
        for text in texts:
            spoken = str(text).lower() if isinstance(text, bool) else str(text)
            problems += [f"{source}: {p}" for p in put(values, flag, spoken)]
    return values, problems


def unknown(name: str, flags: Mapping[str, Flag]) -> str:
    """What to say of a flag that is not ours."""
    known = json.loads(resources.files("miniapi.options").joinpath("data/flags.json").read_bytes())
    if name in known:
        return f"--{name} is a flag of kube-apiserver that miniapi does not have yet; leave it out"
    import difflib

    near = difflib.get_close_matches(name, flags, 1)
    return f"--{name} is not a flag" + (f"; did you mean --{near[0]}?" if near else "; see --help")


def fill(options_type: type[Any], values: Mapping[str, Any]) -> Any:
    """An instance of the dataclass with the values given."""
    chosen = {f.attribute: values[f.name] for f in flags_of("", options_type) if f.name in values}
    return options_type(**chosen)
