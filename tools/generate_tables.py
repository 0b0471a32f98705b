"""Writes the schema and kind tables: generate_tables.py TYPES_JSON FACTS_DIR DEFINITIONS_JSON.

TYPES_JSON is what tools/go_types prints, FACTS_DIR holds resources.json and schema-defaults.json, and
DEFINITIONS_JSON is the published definitions of the same release (kubernetes-validate's `_definitions.json`).
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
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
OPAQUE = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    META + "Time",
    META + "MicroTime",
}


def published(name: str) -> str:
    """The Go type's name as OpenAPI publishes it."""
    return "io.k8s." + name.removeprefix("k8s.io.").replace(
        "apiextensions_apiserver", "apiextensions-apiserver"
    ).replace("kube_aggregator", "kube-aggregator")


def code(go: str, defined: bool = False) -> str:
    """A Go type with published names; `@v1.Protocol:string`, if asked for, is a defined type that is no struct."""
    if go.startswith("@"):
        name, rest = go.split(":", 1)
        return f"{name}:{code(rest, defined)}" if defined else code(rest)
    for prefix in ("*", "[]"):
        if go.startswith(prefix):
            return prefix + code(go[len(prefix) :], defined)
    if go.startswith("map["):
        return "map[" + code(go[4:-1], defined) + "]"
    return published(go) if "." in go else go


def kinds_table(go: dict) -> dict[str, str]:
    """group/version/Kind -> definition; what every group has (options, WatchEvent) stands once, under meta.k8s.io."""
    out = {}
    for gvk, name in go["kinds"].items():
        group, version, kind = gvk.split("/")
        if version == "__internal" or kind == "WatchEvent":
            continue
        if published(name).startswith(META) and group != "meta.k8s.io":
            group, version = "meta.k8s.io", "v1"
        out[f"{group}/{version}/{kind}"] = published(name)
    return dict(sorted(out.items()))


def types_table(go: dict, definitions: dict, defaults: dict) -> dict[str, dict]:
    """definition -> f: rows of (json name, Go name, type, flags, what else), a: its map is atomic.

    "What else": merge rules, d the default, g the type again with the names of defined types in it.
    """
    out = {}
    for go_name, rows in go["types"].items():
        name = published(go_name)
        if name in OPAQUE or (not rows and name not in definitions):
            continue
        definition = definitions.get(name, {})
        properties = definition.get("properties", {})
        fields = []
        for json_name, field_name, go_type, flags in rows or []:
            property_ = properties.get(json_name, {})
            extra = {short: property_[long] for long, short in EXTRA.items() if long in property_}
            if json_name in defaults.get(name, {}):
                extra["d"] = defaults[name][json_name]
            if "@" in go_type:
                extra["g"] = code(go_type, defined=True)
            row = [json_name, field_name, code(go_type), flags]
            fields.append([*row, extra] if extra else row)
        out[name] = {"f": fields}
        if definition.get("x-kubernetes-map-type") == "atomic":
            out[name]["a"] = 1
    return dict(sorted(out.items()))


def main() -> None:
    types_file, facts, definitions_file = sys.argv[1:4]
    go = json.loads(Path(types_file).read_text())
    definitions = json.loads(Path(definitions_file).read_text())["$defs"]
    defaults = json.loads((Path(facts) / "schema-defaults.json").read_text())
    resources = json.loads((Path(facts) / "resources.json").read_text())
    compact = {"separators": (",", ":")}
    kinds = json.dumps(kinds_table(go), **compact)
    types = [f"{json.dumps(n)}:{json.dumps(t, **compact)}" for n, t in types_table(go, definitions, defaults).items()]
    # One definition a line: the server reads the lines it needs, and only those.
    target = ROOT / "schema/data/structure.json"
    target.write_text('{"kinds":' + kinds + ',\n"types":{\n' + ",\n".join(types) + "\n}}\n")
    rows = [f"{json.dumps(k)}:{json.dumps(v, **compact)}" for k, v in resources.items()]
    (ROOT / "kinds/data/resources.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")


main()
