"""Writes miniapi/kube/data/bootstrap.json from a facts folder: generate_bootstrap.py FACTS_DIR."""

import json
import sys
from pathlib import Path

DROP = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation")


def main() -> None:
    document = json.loads((Path(sys.argv[1]) / "bootstrap-objects.json").read_text())
    for items in document.values():
        for obj in items:
            for field in DROP:
                obj["metadata"].pop(field, None)
            obj.pop("status", None)
    lines = [
        f" {json.dumps(k)}: [\n" + ",\n".join("  " + json.dumps(o) for o in v) + "\n ]" for k, v in document.items()
    ]
    target = Path(__file__).parent.parent / "miniapi/kube/data/bootstrap.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
