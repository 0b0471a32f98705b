"""application/yaml, as sigs.k8s.io/yaml reads it: YAML 1.1 words, everything else as JSON would have it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from miniapi.codec.interface import Decoded, DecodeError
from miniapi.meta.gvk import GroupVersionKind
from miniapi.meta.objects import Object

_BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")


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


def _float_or_text(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node)
    if ":" in text or not _FLOAT.match(text.replace("_", "")):
        return loader.construct_yaml_float(node) if text.lstrip("+-").lower() in (".inf", ".nan") else text
    value = float(text.replace("_", ""))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _int_or_text(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node)
    return text if ":" in text else loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor(_TIMESTAMP, lambda loader, node: loader.construct_scalar(node))
_Loader.add_constructor("tag:yaml.org,2002:float", _float_or_text)
_Loader.add_constructor("tag:yaml.org,2002:int", _int_or_text)
_Loader.add_constructor("tag:yaml.org,2002:binary", lambda loader, node: loader.construct_scalar(node))


class YamlCodec:
    """PyYAML's C parser, which is the same libyaml that go-yaml was made from: the complaints agree."""

    media_type = "application/yaml"
    stream_media_type = "application/yaml"

    def decode(self, data: bytes, expected: GroupVersionKind | None) -> Decoded:
        try:
            loader = _Loader(data)
            loader.complaints = []
            try:
                obj = loader.get_single_data()
            finally:
                loader.dispose()
        except yaml.YAMLError as problem:
            raise DecodeError(f"error converting YAML to JSON: {yaml_complaint(problem)}") from None
        except UnicodeDecodeError:
            raise DecodeError("error converting YAML to JSON: yaml: invalid leading UTF-8 octet") from None
        complaints = loader.complaints
        told = ("yaml: unmarshal errors:\n" + "\n".join(complaints),) if complaints else ()
        return Decoded(obj, told)

    def encode(self, obj: Object) -> bytes:
        text: str = yaml.dump(
            obj, Dumper=_DUMPER, default_flow_style=False, sort_keys=True, allow_unicode=True, width=2**20
        )
        return text.encode()

    def frame(self, event_type: str, encoded: bytes) -> bytes:
        raise NotImplementedError("YAML has no watch frames; negotiation never chooses it for a watch")


def yaml_complaint(problem: yaml.YAMLError) -> str:
    """go-yaml's words for libyaml's complaint."""
    mark = getattr(problem, "problem_mark", None)
    text = getattr(problem, "problem", None) or str(problem)
    if mark is None:
        return f"yaml: {text}"
    line = mark.line + 1
    return f"yaml: line {line}: {text}" if line > 1 or "mapping values" not in text else f"yaml: {text}"
