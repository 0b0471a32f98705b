"""YAML text as sigs.k8s.io/yaml reads and writes it: YAML 1.1 words, everything else as JSON would have it.

PyYAML's C parser is the same libyaml that go-yaml was made from: the complaints agree.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from functools import cmp_to_key
from typing import Any, Final

import yaml

from miniapi.codec.interface import DecodeError
from miniapi.meta.objects import Object

_BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER_BASE = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TAG = "tag:yaml.org,2002:"
_PLAIN = "!plain"
"""The tag of scalars without quotes and without a tag: go-yaml's idea of what they are is not libyaml's."""
_MERGE = re.compile("<<$")
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


def _spellings(*words: str) -> list[str]:
    return [spelling for word in words for spelling in (word, word.capitalize(), word.upper())]


_WORD_VALUES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(_spellings("y", "yes", "true", "on"), True),
    **dict.fromkeys(_spellings("n", "no", "false", "off"), False),
    **dict.fromkeys(["", "~", *_spellings("null")], None),
}
_NO_JSON: Final[Mapping[str, str]] = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), "NaN"),
    **{sign + word: "+Inf" for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), "-Inf"),
}
"""Numbers that JSON has not, as Go writes them."""


def resolved(text: str) -> Any:
    """What a plain scalar stands for (resolve of go-yaml v2). Times stay text. DecodeError."""
    if text in _WORD_VALUES:
        return _WORD_VALUES[text]
    if text in _NO_JSON:
        raise DecodeError(f"json: unsupported value: {_NO_JSON[text]}")
    if text[0] not in "+-.0123456789":
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        number = _whole(digits)
        if -(2**63) <= number < 2 ** (63 if digits[0] in "+-" else 64):
            return number
    if not _FLOAT.fullmatch(digits) or math.isinf(value := float(digits)):
        return text
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _whole(digits: str) -> int:
    bare = digits.lstrip("+-")
    octal = len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
    number = int(bare, 8) if octal else int(bare, 0)
    return -number if digits[0] == "-" else number


class _Loader(_BASE):  # type: ignore[misc,valid-type]
    """Times stay text, keys become text, keys that stand twice are remembered."""

    complaints: list[str]


def _mapping(loader: Any, node: Any) -> dict[str, Any]:
    loader.flatten_mapping(node)
    out: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        name = _key(key)
        if name in out:
            loader.complaints.append(f'  line {key_node.start_mark.line + 1}: key "{name}" already set in map')
        out[name] = loader.construct_object(value_node, deep=True)
    return out


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    return key if isinstance(key, str) else str(key)


def _text_of(loader: Any, node: Any) -> str:
    text: str = loader.construct_scalar(node)
    return text


def _binary(loader: Any, node: Any) -> str:
    try:
        return base64.b64decode("".join(node.value.split()), validate=True).decode("utf-8", "replace")
    except ValueError:
        raise DecodeError("yaml: !!binary value contains invalid base64 data") from None


def _untagged(loader: Any, node: Any) -> Any:
    """Tags that nobody knows are as good as none."""
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Loader.yaml_implicit_resolvers = {"<": [(_TAG + "merge", _MERGE)], None: [(_PLAIN, re.compile(""))]}
_Loader.add_constructor(_PLAIN, lambda loader, node: resolved(node.value))
_Loader.add_constructor(_TAG + "map", _mapping)
_Loader.add_constructor(_TAG + "binary", _binary)
for _name in ("timestamp", "merge"):
    _Loader.add_constructor(_TAG + _name, _text_of)
for _name in ("int", "float", "bool", "null"):
    _Loader.add_constructor(_TAG + _name, lambda loader, node: resolved(node.value))
_Loader.add_constructor(None, _untagged)


class _Dumper(_DUMPER_BASE):  # type: ignore[misc,valid-type]
    """Quotes, folds and sorts as go-yaml does."""

    def ignore_aliases(self, data: Any) -> bool:
        """Values that stand twice are written twice."""
        return True


def _text(dumper: Any, value: str) -> Any:
    style = None
    if "\n" in value:
        style = "|"
    elif value in _WORDS or _NOT_TEXT.match(value):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _sorted(dumper: Any, value: dict[str, Any]) -> Any:
    ordered = sorted(value.items(), key=lambda item: _BY_KEY(item[0]))
    return dumper.represent_mapping("tag:yaml.org,2002:map", ordered)


def _compare(left: str, right: str) -> int:
    """go-yaml's order of keys: letters behind other characters, numbers by their value."""
    for i, (a, b) in enumerate(zip(left, right, strict=False)):
        if a == b:
            continue
        if a.isalpha() != b.isalpha():
            return 1 if a.isalpha() else -1
        if not a.isalpha():
            numbers = [_number(left, i), _number(right, i)]
            if numbers[0] != numbers[1]:
                return -1 if numbers[0] < numbers[1] else 1
        return -1 if a < b else 1
    return len(left) - len(right)


def _number(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return int(text[start:end] or 0)


_BY_KEY = cmp_to_key(_compare)
_WORDS = frozenset(
    word
    for low in ("y", "yes", "n", "no", "true", "false", "on", "off", "null")
    for word in (low, low.capitalize(), low.upper())
) | {"", "~", "<<", "="}
_NOT_TEXT = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0o[0-7_]+|[0-9][0-9_]*|\.inf|\.Inf|\.INF)$"
    r"|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$"
    r"|\.nan$|\.NaN$|\.NAN$"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][ \t]*[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?.*)?$"
)
"""Texts that would be read as something else: numbers, base-60 numbers, times."""
_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _sorted)


def load(data: bytes) -> tuple[Any, list[str]]:
    """-> (the first document, what is wrong with it but does not keep it from being read). DecodeError."""
    try:
        loader = _Loader(data)
        loader.complaints = []
        try:
            obj: Any = loader.get_data() if loader.check_data() else None
        finally:
            loader.dispose()
    except yaml.YAMLError as problem:
        raise DecodeError(yaml_complaint(problem)) from None
    except UnicodeDecodeError:
        raise DecodeError("yaml: invalid leading UTF-8 octet") from None
    return obj, loader.complaints


def dump(obj: Object) -> bytes:
    """The text."""
    text: str = yaml.dump(obj, Dumper=_Dumper, default_flow_style=False, sort_keys=False, allow_unicode=True)
    return text.encode()


def yaml_complaint(problem: yaml.YAMLError) -> str:
    """go-yaml's words for libyaml's complaint, with go-yaml's idea of the line (parser.fail)."""
    text = getattr(problem, "problem", None) or str(problem)
    marks = (getattr(problem, "context_mark", None), getattr(problem, "problem_mark", None))
    line: int = next((mark.line for mark in marks if mark is not None and mark.line), 0)
    if not line:
        return f"yaml: {text}"
    return f"yaml: line {line + isinstance(problem, yaml.scanner.ScannerError)}: {text}"
