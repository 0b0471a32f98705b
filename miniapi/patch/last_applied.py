"""The annotation in which client-side apply keeps what it applied last, for those who move on from it.

After k8s.io/apimachinery/pkg/util/managedfields/internal (lastappliedmanager, lastappliedupdater).
"""

from __future__ import annotations

import orjson

from miniapi.meta.objects import Object
from miniapi.patch import fieldpath
from miniapi.patch.fieldpath import Set, value_json
from miniapi.patch.node import Node
from miniapi.patch.typed import InvalidValue, check

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
MAX_ANNOTATIONS_BYTES = 256 * 1024


def owned(root: Node, live: Object, api_version: str) -> Set:
    """Fields that client-side apply set and that still have its values; none if the annotation is unusable."""
    text = _annotation(live)
    if not text:
        return {}
    try:
        applied = orjson.loads(text)
        if not isinstance(applied, dict) or applied.get("apiVersion") != api_version:
            return {}
        check(root, applied)
    except (orjson.JSONDecodeError, InvalidValue):
        return {}
    fields = root.field_set(applied) or {}
    changed, removed = root.compare(applied, live)
    fields = fieldpath.difference(fields, changed or {})
    return fieldpath.difference(fields, removed or {})


def refresh(obj: Object, config: Object) -> None:
    """Brings the annotation of `obj`, if it has one, up to `config`; drops it where it would be too large."""
    if not _annotation(obj):
        return
    meta = dict(config.get("metadata") or {})
    if isinstance(meta.get("annotations"), dict):
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != ANNOTATION}
    annotations = obj["metadata"]["annotations"]
    annotations[ANNOTATION] = value_json({**config, "metadata": meta}) + "\n"
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > MAX_ANNOTATIONS_BYTES:
        del annotations[ANNOTATION]


def _annotation(obj: Object) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    text = annotations.get(ANNOTATION)
    return text if isinstance(text, str) else ""
