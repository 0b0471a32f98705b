"""Flags as Go's pflag reads them, made from dataclass fields that carry `flag` in their metadata.

argparse and click stop at the first mistake; a command line of ours is told all of them at once.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miniapi.meta.duration import parse_duration
from miniapi.options.unbuilt import Unbuilt

_SHORT = {"-v": "v", "-h": "help", "-q": "quiet"}


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag and where its value goes."""

    name: str
    kind: str
    """As `miniapi.flag.flag` lists them."""
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
            metadata = field.metadata
            where = metadata.get("section") or section
            kind = metadata.get("kind", "string")
            found.append(Flag(name, kind, metadata.get("help", ""), where, field.name, default))
    return found


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
        return parse_duration(text)
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


@dataclass(slots=True)
class Parsed:
    """What a command line says."""

    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    """By flag name."""
    rest: list[str] = dataclasses.field(default_factory=list)
    """Words that belong to no flag."""
    problems: list[str] = dataclasses.field(default_factory=list)


def parse(argv: Sequence[str], flags: Mapping[str, Flag], unbuilt: Unbuilt) -> Parsed:
    """Reads all of it, whatever is wrong with a part."""
    parsed = Parsed()
    words = list(reversed(argv))
    while words:
        word = words.pop()
        if word == "--":
            parsed.rest += reversed(words)
            break
        if not word.startswith("-") or word == "-":
            parsed.rest.append(word)
            continue
        name, text = _split(word)
        flag = flags.get(name)
        kind = flag.kind if flag else unbuilt.kind(name)
        if text is None and kind == "bool":
            text = "true"
        elif text is None and words and (flag or not words[-1].startswith("-")):
            text = words.pop()
        if flag is None:
            parsed.problems += unbuilt.refuse(name, text or "", flags)
        elif text is None:
            parsed.problems.append(f"--{name} needs a value: --{name}={flag.kind.upper()}")
        else:
            parsed.problems += put(parsed.values, flag, text)
    return parsed


def _split(word: str) -> tuple[str, str | None]:
    """`--name=value`, `-v=2` and `-v2` -> (name, value); None where no value stands in the word."""
    name, has_value, text = word.partition("=")
    if not word.startswith("--"):
        short = _SHORT.get(name[:2])
        if short is not None and len(name) > 2:
            return short, name[2:]
        return short or name.lstrip("-"), text if has_value else None
    return name[2:].replace("_", "-"), text if has_value else None


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
    elif flag.kind == "stringArray":
        values.setdefault(flag.name, []).append(value)
    else:
        values[flag.name] = value
    return []


def from_mapping(document: Mapping[str, Any], flags: Mapping[str, Flag], unbuilt: Unbuilt) -> Parsed:
    """The same names from a configuration file's mapping."""
    parsed = Parsed()
    for name, value in document.items():
        flag = flags.get(str(name))
        given = value if isinstance(value, list) else [value]
        if isinstance(value, dict):
            given = [f"{k}={_spoken(v)}" for k, v in value.items()]
        for text in map(_spoken, given):
            if flag is None:
                parsed.problems += unbuilt.refuse(str(name), text, flags)
            else:
                parsed.problems += put(parsed.values, flag, text)
        if flag is not None and flag.kind in ("strings", "stringArray", "map"):
            parsed.values.setdefault(flag.name, {} if flag.kind == "map" else [])
    return parsed


def _spoken(value: Any) -> str:
    """A YAML value as the command line would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def text_of(value: Any) -> str:
    """A flag's value as text."""
    if isinstance(value, Mapping):
        return ",".join(f"{k}={v}" for k, v in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    return _spoken(value)


def fill(options_type: type[Any], values: Mapping[str, Any]) -> Any:
    """An instance of the dataclass with the values given."""
    chosen = {f.attribute: values[f.name] for f in flags_of("", options_type) if f.name in values}
    return options_type(**chosen)
