"""Writes miniapi/codec/data/messages.json: generate_protobuf.py FACTS_DIR (after generate_tables.py).

A message is a list of [number, JSON name ("" where its fields are the parent's), type, label, always written].
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent / "miniapi"
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}


def main() -> None:
    facts = json.loads((Path(sys.argv[1]) / "protobuf.json").read_text())
    structure = json.loads((ROOT / "schema/data/structure.json").read_text())
    out: dict[str, list] = {}

    def published(package: str, name: str) -> str:
        plain = package.replace("apiextensions_apiserver", "apiextensions-apiserver").replace(
            "kube_aggregator", "kube-aggregator"
        )
        return "io.k8s." + plain.removeprefix("k8s.io.") + "." + name

    def resolve(package: str, of_type: str) -> str:
        if of_type in SCALARS:
            return of_type
        if of_type.startswith("map<"):
            key, value = of_type[4:-1].split(",", 1)
            return f"map<{key},{resolve(package, value.strip())}>"
        if of_type.startswith("."):
            parts = of_type[1:].split(".")
            return published(".".join(parts[:-1]), parts[-1])
        return published(package, of_type)

    for package, messages in facts.items():
        for name, fields in messages.items():
            full = published(package, name)
            rows = structure["types"].get(full, {}).get("f", [])
            by_name = {r[0]: r for r in rows if r[0]}
            inline = {r[2].lstrip("*"): r for r in rows if not r[0]}
            by_go = {r[1].lower(): r for r in rows if r[0]}
            table = []
            for number, field, of_type, label, *_ in fields:
                row = by_name.get(field) or by_go.get(field.lower())
                json_name = row[0] if row else "" if resolve(package, of_type) in inline else field
                row = row or inline.get(resolve(package, of_type))
                pointer = row is not None and row[2].startswith("*")
                repeated = label == "*" or of_type.startswith("map<")
                always = not pointer and not repeated and not (row is not None and row[2] in ("bytes",))
                always = always and not (row is not None and row[2].startswith(("[]", "map[")))
                table.append([number, json_name, resolve(package, of_type), "*" if repeated else "", int(always)])
            out[full] = sorted(table)
    target = ROOT / "codec/data/messages.json"
    lines = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in sorted(out.items())]
    target.write_text(
        '{"kinds":'
        + json.dumps(structure["kinds"], separators=(",", ":"))
        + ',\n"messages":{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )
    print(len(out), "messages", target.stat().st_size, "bytes")


main()
