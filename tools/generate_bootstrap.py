"""Writes miniapi/kube/data/bootstrap.json from a facts folder: generate_bootstrap.py FACTS_DIR."""

import json
import sys
from pathlib import Path

DROP = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation")
DESCRIPTIONS = {
    "system-node-critical": "Used for system critical pods that must not be moved from their current node.",
    "system-cluster-critical": (
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
    ),
}
"""Of the priority classes (pkg/apis/scheduling/v1/helpers.go), which the facts leave out."""


def main() -> None:
    document = json.loads((Path(sys.argv[1]) / "bootstrap-objects.json").read_text())
    for items in document.values():
        for obj in items:
            for field in DROP:
                obj["metadata"].pop(field, None)
            obj.pop("status", None)
            if obj["metadata"]["name"] in DESCRIPTIONS and "value" in obj:
                obj["description"] = DESCRIPTIONS[obj["metadata"]["name"]]
    for namespace in document["api/v1/namespaces"]:
        del namespace["spec"]  # the server's own doing
    lines = [
        f" {json.dumps(k)}: [\n" + ",\n".join("  " + json.dumps(o) for o in v) + "\n ]" for k, v in document.items()
    ]
    target = Path(__file__).parent.parent / "miniapi/kube/data/bootstrap.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
