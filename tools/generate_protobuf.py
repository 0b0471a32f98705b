"""Turns proto/kubernetes/**.proto into the table that the server loads: generate_protobuf.py [--check].

miniapi/codec/data/messages.txt: first a line of `{"apps/v1": "api.apps.v1"}`, then one message a line, so that the
server reads only what it is asked for: its name, a colon, and a list of [number, JSON name, type, flags] in JSON's
order, or `"list"`. Flags add up: 1 a list, 2 a pointer, 4 shown when empty, 8 inline. With --check nothing is
written, and the exit code says whether the table is what the protos give. Needs grpcio-tools.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "miniapi/codec/data/messages.txt"
FLAGS = ((2, "go.pointer"), (4, "go.shown"), (8, "go.inline"))
PREFIX = "k8s.io."
FieldProto = descriptor_pb2.FieldDescriptorProto


def descriptors() -> Any:
    """A FileDescriptorSet of all files, its options readable."""
    from grpc_tools import protoc

    files = sorted(str(p.relative_to(PROTO)) for p in PROTO.glob("kubernetes/**/*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        wellknown = Path(protoc.__file__).parent / "_proto"
        if protoc.main(["protoc", f"-I{PROTO}", f"-I{wellknown}", "--include_imports", f"-o{out.name}", *files]):
            raise SystemExit("protoc failed")
        data = Path(out.name).read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    # Read once more by the pool that knows go.proto: its extensions are unknown fields to everybody else.
    set_type = pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet")
    return pool, message_factory.GetMessageClass(set_type).FromString(data)


def type_name(message: Any, field: Any) -> str:
    if field.type != FieldProto.TYPE_MESSAGE:
        return str(FieldProto.Type.Name(field.type).removeprefix("TYPE_").lower())
    for nested in message.nested_type:
        if nested.options.map_entry and field.type_name.endswith(f"{message.name}.{nested.name}"):
            return f"map<string,{type_name(nested, nested.field[1])}>"
    return str(field.type_name.removeprefix("." + PREFIX))


def row(pool: Any, message: Any, field: Any) -> list[Any]:
    of_type = type_name(message, field)
    repeated = field.label == FieldProto.LABEL_REPEATED and not of_type.startswith("map<")
    options = field.options.Extensions
    flags = int(repeated) + sum(bit for bit, name in FLAGS if options[pool.FindExtensionByName(name)])
    json_name = field.json_name if field.json_name != _camel(field.name) else field.name
    return [field.number, json_name, of_type, flags]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def table() -> str:
    pool, files = descriptors()
    packages: dict[str, str] = {}
    lines: list[str] = []
    for file in files.file:
        if not file.package.startswith(PREFIX):
            continue
        package = file.package.removeprefix(PREFIX)
        api_version = file.options.Extensions[pool.FindExtensionByName("go.api_version")]
        if api_version:
            packages[api_version] = package
        for message in file.message_type:
            is_list = message.options.Extensions[pool.FindExtensionByName("go.list")]
            body = "list" if is_list else [row(pool, message, f) for f in message.field]
            lines.append(f"{package}.{message.name}:{json.dumps(body, separators=(',', ':'))}\n")
    return json.dumps(dict(sorted(packages.items())), separators=(",", ":")) + "\n" + "".join(sorted(lines))


def main() -> None:
    made = table()
    if sys.argv[1:] == ["--check"]:
        if not TARGET.exists() or TARGET.read_text() != made:
            raise SystemExit(f"{TARGET.relative_to(ROOT)} is stale: run tools/generate_protobuf.py")
        return
    TARGET.write_text(made)
    print(made.count("\n") - 1, "messages", len(made), "bytes")


if __name__ == "__main__":
    main()
