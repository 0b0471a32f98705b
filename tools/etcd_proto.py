"""Makes proto/etcd/*.proto from a table of messages, and the modules of miniapi/storage/generated from all our protos.

    python tools/etcd_proto.py table etcd-protobuf.json   # package -> messages, enums, services -> proto/etcd/
    python tools/etcd_proto.py modules                    # proto/**/*.proto -> miniapi/storage/generated/

The second needs grpcio-tools, pinned low in pyproject.toml: generated code refuses a runtime older than itself.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
OUT = ROOT / "miniapi" / "storage" / "generated"
FILES = {"mvccpb": "kv", "authpb": "auth", "etcdserverpb": "rpc"}
HEAD = """// etcd's v3 API ({package}), written from its published message table; etcd is Copyright The etcd Authors,
// licensed under the Apache License 2.0. Made by tools/etcd_proto.py: do not edit.
syntax = "proto3";
package {package};
"""


def enum_lines(name: str, values: dict[str, int], pad: str) -> list[str]:
    return [f"{pad}enum {name} {{", *(f"{pad}  {k} = {v};" for k, v in values.items()), f"{pad}}}"]


def message_lines(name: str, message: dict[str, Any], pad: str = "") -> list[str]:
    lines = [f"{pad}message {name} {{"]
    for enum, values in message.get("enums", {}).items():
        lines += enum_lines(enum, values, pad + "  ")
    for inner, body in message.get("messages", {}).items():
        lines += message_lines(inner, body, pad + "  ")
    oneofs: dict[str, list[str]] = {}
    for number, field, kind, label, *_ in message.get("fields", []):
        if label.startswith("oneof "):
            oneofs.setdefault(label.split()[1], []).append(f"{pad}    {kind} {field} = {number};")
        else:
            lines.append(f"{pad}  {'repeated ' if label == '*' else ''}{kind} {field} = {number};")
    for oneof, fields in oneofs.items():
        lines += [f"{pad}  oneof {oneof} {{", *fields, f"{pad}  }}"]
    return [*lines, f"{pad}}}"]


def write_protos(table: dict[str, Any]) -> None:
    for package, parts in table.items():
        lines = [HEAD.format(package=package)]
        if package == "etcdserverpb":
            lines += ['import "etcd/kv.proto";', 'import "etcd/auth.proto";', ""]
        for name, values in parts["enums"].items():
            lines += [*enum_lines(name, values, ""), ""]
        for name, message in parts["messages"].items():
            lines += [*message_lines(name, message), ""]
        for service, methods in parts["services"].items():
            calls = [f"  rpc {m} ({request}) returns ({response});" for m, request, response in methods]
            lines += [f"service {service} {{", *calls, "}", ""]
        (PROTO / "etcd" / f"{FILES[package]}.proto").write_text("\n".join(lines))


def write_modules() -> None:
    from grpc_tools import protoc

    sources = [*sorted(str(p.relative_to(PROTO)) for p in PROTO.glob("etcd/*.proto")), "kms/v2.proto"]
    if protoc.main(["protoc", f"-I{PROTO}", f"--python_out={OUT}", f"--pyi_out={OUT}", *sources]):
        raise SystemExit("protoc failed")
    for module in OUT.rglob("*_pb2.py*"):
        text = re.sub(
            r"^from etcd import", "from miniapi.storage.generated.etcd import", module.read_text(), flags=re.M
        )
        module.write_text(text)
    for package in (OUT, OUT / "etcd", OUT / "kms"):
        (package / "__init__.py").write_text(
            '"""Protobuf modules made by tools/etcd_proto.py; nothing here is written by hand."""\n'
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["table", path]:
            write_protos(json.loads(Path(path).read_text()))
        case ["modules"]:
            write_modules()
        case _:
            raise SystemExit(__doc__)
