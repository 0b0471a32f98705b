"""Writes the schema and kind tables: generate_tables.py TYPES_JSON FACTS_DIR DEFINITIONS_JSON.

TYPES_JSON is what tools/go_types prints, DEFINITIONS_JSON the published definitions of one release.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent / "miniapi"
EXTRA = {
    "x-kubernetes-list-type": "lt",
    "x-kubernetes-list-map-keys": "lk",
    "x-kubernetes-patch-merge-key": "mk",
    "x-kubernetes-patch-strategy": "ps",
    "x-kubernetes-map-type": "mt",
}
META_KINDS = ("Status", "DeleteOptions", "Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def published(name: str) -> str:
    """The Go type's name as OpenAPI publishes it."""
    return "io.k8s." + name.removeprefix("k8s.io.").replace("apiextensions_apiserver", "apiextensions-apiserver").replace("kube_aggregator", "kube-aggregator")


def code(go: str) -> str:
    """A Go type with published names."""
    for prefix in ("*", "[]"):
        if go.startswith(prefix):
            return prefix + code(go[len(prefix):])
    if go.startswith("map["):
        return "map[" + code(go[4:-1]) + "]"
    return published(go) if "." in go else go


def main() -> None:
    types_file, facts, definitions_file = sys.argv[1:4]
    go = json.loads(Path(types_file).read_text())
    definitions = json.loads(Path(definitions_file).read_text())
    definitions = definitions["$defs"]
    defaults = json.loads((Path(facts) / "schema-defaults.json").read_text())
    resources = json.loads((Path(facts) / "resources.json").read_text())
    wanted: dict[str, str] = {}
    for path, row in resources.items():
        parts = path.split("/")
        group, version = ("", parts[0]) if parts[0] == "v1" else (parts[0], parts[1])
        group, version, kind = row.get("group", group), row.get("version", version), row["kind"]
        wanted[f"{group}/{version}/{kind}"] = go["kinds"].get(f"{group}/{version}/{kind}", "")
    for kind in META_KINDS:
        wanted[f"meta.k8s.io/v1/{kind}"] = go["kinds"].get(f"meta.k8s.io/v1/{kind}", go["kinds"].get(f"/v1/{kind}", ""))
    missing = [k for k, v in wanted.items() if not v]
    print("without a Go type:", missing)
    types: dict[str, dict] = {}

    def reach(name: str) -> None:
        if name in types or name not in go["types"]:
            return
        definition = definitions.get(published(name), {})
        properties = definition.get("properties", {})
        entry: dict = {"f": []}
        types[name] = entry
        if definition.get("x-kubernetes-map-type") == "atomic":
            entry["a"] = 1
        for json_name, go_name, go_type, flags in go["types"][name] or []:
            extra = {short: properties[json_name][long] for long, short in EXTRA.items() if long in properties.get(json_name, {})}
            if json_name in defaults.get(published(name), {}):
                extra["d"] = defaults[published(name)][json_name]
            row = [json_name, go_name, code(go_type), flags]
            entry["f"].append([*row, extra] if extra else row)
            bare = go_type
            while bare[:1] in "*[" or bare.startswith("map["):
                bare = bare[4:-1] if bare.startswith("map[") else bare.lstrip("*").removeprefix("[]")
            reach(bare)

    for name in wanted.values():
        if name:
            reach(name)
    out = {"kinds": {k: published(v) for k, v in sorted(wanted.items()) if v}, "types": {published(n): t for n, t in sorted(types.items())}}
    lines = [f'{json.dumps(n)}:{json.dumps(t, separators=(",", ":"))}' for n, t in out["types"].items()]
    target = ROOT / "schema/data/structure.json"
    target.write_text('{"kinds":' + json.dumps(out["kinds"], separators=(",", ":")) + ',\n"types":{\n' + ",\n".join(lines) + "\n}}\n")
    rows = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in resources.items()]
    (ROOT / "kinds/data/resources.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(len(types), "types", target.stat().st_size, "bytes")


main()
