"""Writes proto/kubernetes/**.proto from two tables of facts: import_protobuf.py PROTOBUF_JSON TYPES_JSON.

PROTOBUF_JSON is package -> message -> [number, name, type, label]; TYPES_JSON is what `go run . all` prints in
tools/go_types. From the first come the wire's numbers, from the second the order and names of JSON and how Go treats
a field. Needed once per Kubernetes release; afterwards the .proto files are the source (tools/generate_protobuf.py).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

PROTO = Path(__file__).resolve().parent.parent / "proto" / "kubernetes"
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}
GROUPS = {
    "core": "",
    "admission": "admission.k8s.io",
    "admissionregistration": "admissionregistration.k8s.io",
    "apidiscovery": "apidiscovery.k8s.io",
    "apiextensions": "apiextensions.k8s.io",
    "apiregistration": "apiregistration.k8s.io",
    "apiserverinternal": "internal.apiserver.k8s.io",
    "audit": "audit.k8s.io",
    "authentication": "authentication.k8s.io",
    "authorization": "authorization.k8s.io",
    "certificates": "certificates.k8s.io",
    "coordination": "coordination.k8s.io",
    "custom_metrics": "custom.metrics.k8s.io",
    "discovery": "discovery.k8s.io",
    "events": "events.k8s.io",
    "example": "example.apiserver.k8s.io",
    "example2": "example2.apiserver.k8s.io",
    "external_metrics": "external.metrics.k8s.io",
    "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "imagepolicy": "imagepolicy.k8s.io",
    "meta": "meta.k8s.io",
    "metrics": "metrics.k8s.io",
    "networking": "networking.k8s.io",
    "node": "node.k8s.io",
    "rbac": "rbac.authorization.k8s.io",
    "resource": "resource.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "storage": "storage.k8s.io",
    "storagemigration": "storagemigration.k8s.io",
    "testapigroup": "testapigroup.apimachinery.k8s.io",
}
"""Go package -> group, where they differ."""
ABOUT = {
    "admission": "what the server asks of admission webhooks",
    "admissionregistration": "which webhooks and policies judge writes",
    "apidiscovery": "aggregated discovery",
    "apiextensions": "custom resource definitions, and the conversions they ask for",
    "apiregistration": "API servers that stand behind this one",
    "apiserverinternal": "which server stores what in which version",
    "apps": "workloads: deployments, their replica sets, daemon and stateful sets",
    "audit": "audit events and policies",
    "authentication": "who a token or a client is",
    "authorization": "what somebody may do",
    "autoscaling": "scales, and the autoscalers that set them",
    "batch": "jobs and what starts them on time",
    "certificates": "requests for certificates, bundles of trusted ones",
    "coordination": "leases, and the candidates for them",
    "core": "the group without a name: pods, services, volumes, nodes, namespaces",
    "custom_metrics": "metrics that autoscalers ask adapters for",
    "discovery": "endpoint slices",
    "events": "what happened, in the newer form",
    "example": "a group that the original tests itself with",
    "example2": "a group that the original tests itself with",
    "extensions": "workloads and networking before they had groups of their own",
    "external_metrics": "metrics from outside the cluster",
    "flowcontrol": "which requests wait for which",
    "imagepolicy": "what the server asks of an image policy",
    "machinery": "values with a form of their own in JSON, and the envelope around every object",
    "meta": "what all kinds share: metadata, options, lists, statuses, watch events",
    "metrics": "the usage of nodes and pods",
    "networking": "ingresses, network policies, the addresses of services",
    "node": "runtime classes",
    "policy": "evictions and disruption budgets",
    "rbac": "roles and who has them",
    "resource": "devices, claims to them, and what drivers offer",
    "scheduling": "priorities and groups of pods",
    "storage": "classes, drivers and attachments of volumes",
    "storagemigration": "rewriting what is stored in an older version",
    "testapigroup": "a group that the original tests itself with",
}
HEAD = """// {title}: {about}.
//
// Field numbers are Kubernetes' own (Copyright The Kubernetes Authors, Apache License 2.0). Fields stand in the
// order of JSON; go.proto says what their options mean.
syntax = "proto2";
package {package};
"""


def place(package: str) -> str:
    """`k8s.io.api.apps.v1` -> `apps/v1`, its file without the suffix."""
    parts = package.split(".")
    if re.fullmatch(r"v\d.*", parts[-1]):
        return "/".join(parts[-2:])
    return {"resource": "machinery/quantity"}.get(parts[-1], f"machinery/{parts[-1]}")


def api_version(package: str) -> str:
    """`apps/v1`, `v1`, `rbac.authorization.k8s.io/v1`; empty for what is no group."""
    group, version = place(package).split("/")
    if group == "machinery":
        return ""
    name = GROUPS.get(group, group)
    return f"{name}/{version}" if name else version


class Importer:
    """One run over both tables."""

    def __init__(self, facts: dict[str, Any], go: dict[str, Any]) -> None:
        self.facts = facts
        self.go: dict[str, list[list[str]]] = go["types"]

    def write(self) -> None:
        for package, messages in self.facts.items():
            path = PROTO / f"{place(package)}.proto"
            path.parent.mkdir(parents=True, exist_ok=True)
            title = api_version(package) or place(package)
            about = ABOUT[place(package).split("/")[0]]
            body = [line for name, rows in messages.items() for line in ["", *self.message(package, name, rows)]]
            imports = sorted({p for rows in messages.values() for r in rows for p in [self.imported(r[2])] if p})
            lines = [HEAD.format(title=title, about=about, package=package), 'import "kubernetes/go.proto";']
            lines += [f'import "kubernetes/{p}.proto";' for p in imports if p != place(package)]
            if api_version(package):
                lines += ["", f'option (go.api_version) = "{api_version(package)}";']
            path.write_text("\n".join([*lines, *body]) + "\n")

    def imported(self, of_type: str) -> str:
        found = re.search(r"\.(k8s\.io\.[\w.]+)\.\w+", of_type)
        return place(found[1]) if found else ""

    def message(self, package: str, name: str, rows: list[list[Any]]) -> list[str]:
        go = self.go.get(f"{package}.{name}")
        lines = [f"message {name} {{"]
        if go is None and [r[1] for r in rows] == ["items"]:
            lines.append("  option (go.list) = true;")
        fields = []
        for number, field, of_type, label, *_ in rows:
            row, position = self.go_field(go or [], field, of_type)
            fields.append((position, self.field(number, field, of_type, label, row)))
        return [*lines, *(text for _, text in sorted(fields, key=lambda f: f[0])), "}"]

    def go_field(self, go: list[list[str]], field: str, of_type: str) -> tuple[list[str] | None, int]:
        plain = of_type.rsplit(".", 1)[-1]
        for same in (
            lambda r: r[0] == field,
            lambda r: r[1].lower() == field.lower(),
            lambda r: re.sub(r"[^a-z]", "", r[0].lower()) == field.lower(),
            lambda r: not r[0] and r[2].lstrip("*").rsplit(".", 1)[-1] == plain,
        ):
            for position, row in enumerate(go):
                if same(row):
                    return row, position
        return None, len(go)

    def field(self, number: int, field: str, of_type: str, label: str, row: list[str] | None) -> str:
        options = []
        if row is not None:
            json_name, _, go_type, flags = row
            if flags == "inline":
                options.append("(go.inline) = true")
            elif json_name and json_name != field:
                options.append(f'json_name = "{json_name}"')
            if go_type.startswith("*"):
                options.append("(go.pointer) = true")
            struct = re.sub(r"^@[^:]*:", "", go_type).startswith("k8s.io.")
            if "omitzero" not in flags and flags != "inline" and (struct or "omitempty" not in flags):
                options.append("(go.shown) = true")
        elif of_type in SCALARS:
            options.append("(go.shown) = true")
        word = "" if of_type.startswith("map<") else "repeated " if label == "*" else "optional "
        tail = f" [{', '.join(options)}]" if options else ""
        return f"  {word}{of_type} {field} = {number}{tail};"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    Importer(*(json.loads(Path(a).read_text()) for a in sys.argv[1:])).write()
