"""CustomResourceDefinitions (apiextensions/validation).

What all versions agree on is told at spec, as the original's internal form has it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from miniapi.meta import authorities, names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.api_approval import approval_problems
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.structural_schema import is_convertible, mentions, openapi, structural
from miniapi.validation.webhook import webhook_service, webhook_url

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_MIXED_CASE = "may have mixed case, but should otherwise match: "
_MAX_SELECTABLE = 8
_MAX_WARNING_CHARS = 256
_SELECTABLE_TYPES = ("string", "boolean", "integer")
_SELECTABLE_RULE = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)
_PRESERVE_RULE = (
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
)
_SHOWN_VERSION = (
    ("Name", "name", ""), ("Served", "served", False), ("Storage", "storage", False),
    ("Deprecated", "deprecated", False), ("DeprecationWarning", "deprecationWarning", None),
)  # fmt: skip
_PARTS = {
    "schema": "Schema",
    "subresources": "Subresources",
    "additionalPrinterColumns": "AdditionalPrinterColumns",
    "selectableFields": "SelectableFields",
}


def _label(path: str, name: str, lower: bool = False) -> ErrorList:
    wrong = names.dns_1035_label(name.lower() if lower else name) if name else []
    return [field.invalid(path, name, (_MIXED_CASE if lower else "") + ",".join(wrong))] if wrong else []


def _names(value: Mapping[str, Any], path: str) -> ErrorList:
    plural, singular, kind, list_kind = (value.get(n) or "" for n in ("plural", "singular", "kind", "listKind"))
    errors = _label(child(path, "plural"), plural) + _label(child(path, "singular"), singular)
    errors += _label(child(path, "kind"), kind, lower=True) + _label(child(path, "listKind"), list_kind, lower=True)
    for i, name in enumerate(value.get("shortNames") or ()):
        errors += _label(index(child(path, "shortNames"), i), name)
    if kind and kind == list_kind:
        errors.append(field.invalid(child(path, "listKind"), list_kind, "kind and listKind may not be the same"))
    for i, name in enumerate(value.get("categories") or ()):
        errors += _label(index(child(path, "categories"), i), name)
    return errors


def _json_path(text: str, path: str) -> ErrorList:
    return [] if text.startswith(".") else [field.invalid(path, text, "must be a simple json path starting with .")]


def _column(column: Mapping[str, Any], path: str) -> ErrorList:
    kind, form, text = (column.get(n) or "" for n in ("type", "format", "jsonPath"))
    errors = rules.required_fields(column, path, "name")
    if not kind:
        errors.append(field.required(child(path, "type"), f"must be one of {','.join(_COLUMN_TYPES)}"))
    elif kind not in _COLUMN_TYPES:
        errors.append(field.invalid(child(path, "type"), kind, f"must be one of {','.join(_COLUMN_TYPES)}"))
    if form and form not in _COLUMN_FORMATS:
        errors.append(field.invalid(child(path, "format"), form, f"must be one of {','.join(_COLUMN_FORMATS)}"))
    at = child(path, "JSONPath")
    return errors + (_json_path(text, at) if text else [field.required(at)])


def _columns(columns: list[Any], path: str) -> ErrorList:
    return [e for i, column in enumerate(columns) for e in _column(column, index(path, i))]


def _subresources(value: Mapping[str, Any], path: str) -> ErrorList:
    scale = value.get("scale")
    if scale is None:
        return []
    errors: ErrorList = []
    for name, roots, needed, where in (
        ("specReplicasPath", (".spec.",), True, ".spec"),
        ("statusReplicasPath", (".status.",), True, ".status"),
        ("labelSelectorPath", (".status.", ".spec."), False, "either .spec or .status"),
    ):
        text, at = scale.get(name) or "", child(path, "scale", name)
        if not text:
            errors += [field.required(at)] if needed else []
        elif wrong := _json_path(text, at):
            errors += wrong
        elif not text.startswith(roots):
            errors.append(field.invalid(at, text, f"should be a json path under {where}"))
    return errors


_step = re.compile(r"\.([A-Za-z0-9_-]+)|\[(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\]")


def _steps(text: str) -> tuple[list[str], str]:
    """The names on a path, and what is wrong with it."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        found = _step.match(text, at)
        if found is None:
            if text[at] not in ".[":
                token = re.match(r"[A-Za-z0-9_]+|.", text[at:])
                return [], f"expected [ or . but got: {token[0] if token else ''}"
            return [], "unexpected end of JSON path" if at + 1 >= len(text) else f"unexpected token {text[at:]}"
        steps.append(found[1] or found[2] or found[3] or "")
        at = found.end()
    return steps, ""


def _selectable(fields: list[Any], schema: Mapping[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if len(fields) > _MAX_SELECTABLE:
        errors.append(field.too_many(path, len(fields), _MAX_SELECTABLE))
    seen: set[str] = set()
    for i, entry in enumerate(fields):
        text, at = entry.get("jsonPath") or "", child(index(path, i), "jsonPath")
        if not text:
            errors.append(field.required(at))
            continue
        steps, problem = _steps(text)
        node: Any = schema
        if not problem:
            for step in steps:
                node = (node.get("properties") or {}).get(step) if node else None
            if node is None or steps[:1] == ["metadata"]:
                problem = "does not refer to a valid field"
        if problem:
            errors.append(field.invalid(at, text, f"is an invalid path: {problem}"))
            continue
        if node.get("type") not in _SELECTABLE_TYPES:
            errors.append(field.invalid(at, text, _SELECTABLE_RULE))
        if text in seen:
            errors.append(field.duplicate(at, text))
        seen.add(text)
    return errors


def _schema(schema: Mapping[str, Any], path: str) -> ErrorList:
    errors = openapi(schema, path)
    convertible = is_convertible(schema)
    broken = structural(schema, path) if convertible else []
    if mentions(schema, "x-kubernetes-validations"):
        # Expressions are costly to import, and few schemas have them.
        from miniapi.validation.crd_rules import compiled_rules, rule_forms

        errors += rule_forms(schema, path)
        if not errors and not broken and convertible:
            errors += compiled_rules(schema, path)
    if convertible and not broken and mentions(schema, "default"):
        from miniapi.validation.crd_defaults import default_problems

        broken = default_problems(schema, path)
    return broken + errors


def _parts(version: Mapping[str, Any], path: str, only: set[str]) -> ErrorList:
    """The parts of a version that are told at `path`; a hoisted schema is called `validation` there."""
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    errors: ErrorList = []
    if "schema" in only and schema is not None:
        name = "validation" if path == "spec" else "schema"
        errors += _schema(schema, child(path, name, "openAPIV3Schema"))
    if "subresources" in only:
        errors += _subresources(version.get("subresources") or {}, child(path, "subresources"))
    if "additionalPrinterColumns" in only:
        columns = version.get("additionalPrinterColumns") or []
        errors += _columns(columns, child(path, "additionalPrinterColumns"))
    if "selectableFields" in only:
        fields = version.get("selectableFields") or []
        errors += _selectable(fields, schema or {}, child(path, "selectableFields"))
    return errors


def _shown(versions: list[Any]) -> list[dict[str, Any]]:
    hidden = dict.fromkeys(_PARTS.values())
    return [{**{go: v.get(name, zero) for go, name, zero in _SHOWN_VERSION}, **hidden} for v in versions]


def _warning(version: Mapping[str, Any], path: str) -> ErrorList:
    text, at = version.get("deprecationWarning"), child(path, "deprecationWarning")
    if text is None:
        return []
    problems = []
    if not version.get("deprecated"):
        problems.append("can only be set for deprecated versions")
    else:
        if names.size(text) > _MAX_WARNING_CHARS:
            problems.append(f"must be <= {_MAX_WARNING_CHARS} characters long")
        if not text:
            problems.append("must not be an empty string")
        for i, char in enumerate(text):
            if not char.isprintable():
                found = f"non-printable character found at index {names.size(text[:i])}"
                problems.append(f"must only contain printable UTF-8 characters; {found}")
                break
    return [field.invalid(at, text, problem) for problem in problems]


def _versions(spec: Mapping[str, Any], versions: list[Any], own: set[str]) -> ErrorList:
    errors: ErrorList = []
    for i, version in enumerate(versions):
        path = index("spec.versions", i)
        if wrong := names.dns_1035_label(version.get("name") or ""):
            errors.append(field.invalid(child(path, "name"), version.get("name") or "", ",".join(wrong)))
        errors += _warning(version, path) + _parts(version, path, own)
    found = [v.get("name") for v in versions]
    if len(set(found)) < len(found):
        errors.append(field.invalid("spec.versions", _shown(versions), "must contain unique version names"))
    if sum(bool(v.get("storage")) for v in versions) != 1:
        why, shown = "must have exactly one version marked as storage version", _shown(versions)
        errors.append(field.invalid("spec.versions", shown if spec.get("versions") is not None else None, why))
    if versions and (wrong := names.dns_1035_label(versions[0].get("name") or "")):
        errors.append(field.invalid("spec.version", versions[0].get("name") or "", ",".join(wrong)))
    return errors


def conversion_bundle(spec: Mapping[str, Any]) -> bytes:
    """spec.conversion.webhook.clientConfig.caBundle."""
    webhook = (spec.get("conversion") or {}).get("webhook") or {}
    return base64.b64decode((webhook.get("clientConfig") or {}).get("caBundle") or "")


def _trusted(spec: Mapping[str, Any], before: Mapping[str, Any]) -> ErrorList:
    """Whoever is converted by a webhook that can be trusted stays so."""
    bundle, path = conversion_bundle(spec), "spec.conversion.webhookClientConfig.caBundle"
    if not (wrong := authorities.complaint(bundle)) or authorities.complaint(conversion_bundle(before)):
        return []
    return [field.invalid(path, base64.b64encode(bundle).decode(), wrong)]


def _conversion(conversion: Mapping[str, Any], path: str) -> ErrorList:
    strategy, webhook = conversion.get("strategy") or "", conversion.get("webhook") or {}
    errors = field.one_of(child(path, "strategy"), strategy, ("None", "Webhook"))
    client, at = webhook.get("clientConfig"), child(path, "webhookClientConfig")
    versions, versions_at = webhook.get("conversionReviewVersions") or [], child(path, "conversionReviewVersions")
    if strategy != "Webhook":
        why = "should not be set when strategy is not set to Webhook"
        present = ((client is not None, at), (bool(versions), versions_at))
        return errors + [field.forbidden(where, why) for given, where in present if given]
    if client is None:
        errors.append(field.required(at, "required when strategy is set to Webhook"))
    else:
        url, service = client.get("url"), client.get("service")
        if (url is None) == (service is None):
            errors.append(field.required(at, "exactly one of url or service is required"))
        elif url is not None:
            errors += webhook_url(child(at, "url"), url)
        else:
            errors += webhook_service(child(at, "service"), service or {})
    if not versions:
        return [*errors, field.required(versions_at)]
    for i, version in enumerate(versions):
        if version in versions[:i]:
            errors.append(field.invalid(index(versions_at, i), version, "duplicate version"))
        else:
            errors += rules.each(index(versions_at, i), version, names.dns_1035_label(version))
    if not {"v1", "v1beta1"} & set(versions):
        errors.append(field.invalid(versions_at, versions, "must include at least one of v1, v1beta1"))
    return errors


def _spec(spec: Mapping[str, Any]) -> ErrorList:
    group, scope, versions = spec.get("group") or "", spec.get("scope") or "", spec.get("versions") or []
    errors: ErrorList = []
    if not group:
        errors.append(field.required("spec.group"))
    elif wrong := names.dns_subdomain(group):
        errors.append(field.invalid("spec.group", group, ",".join(wrong)))
    elif "." not in group:
        errors.append(field.invalid("spec.group", group, "should be a domain with at least one dot"))
    errors += field.one_of("spec.scope", scope, ("Cluster", "Namespaced"))
    for i, version in enumerate(versions):
        if (version.get("schema") or {}).get("openAPIV3Schema") is None:
            errors.append(field.required(child(index("spec.versions", i), "schema", "openAPIV3Schema")))
    shared = {n for n in _PARTS if all((v.get(n) or None) == (versions[0].get(n) or None) for v in versions)}
    errors += _versions(spec, versions, set(_PARTS) - shared)
    errors += rules.required_fields(spec.get("names") or {}, "spec.names", "plural", "singular", "kind", "listKind")
    errors += _names(spec.get("names") or {}, "spec.names")
    if versions:
        errors += _parts(versions[0], "spec", shared)
    return errors + _conversion(spec.get("conversion") or {}, "spec.conversion")


def _status(obj: Object) -> ErrorList:
    return _names((obj.get("status") or {}).get("acceptedNames") or {}, "status.acceptedNames")


def _stored(obj: Object) -> ErrorList:
    """ValidateCustomResourceDefinitionStoredVersions, which takes each version once."""
    status, versions = obj.get("status") or {}, (obj.get("spec") or {}).get("versions") or ()
    stored, path = status.get("storedVersions") or [], "status.storedVersions"
    if not stored:
        return [field.invalid(path, None, "must have at least one stored version")]
    left = {name: i for i, name in enumerate(stored)}
    errors: ErrorList = []
    for version in versions:
        name = version.get("name") or ""
        if left.pop(name, None) is None and version.get("storage"):
            errors.append(field.invalid(path, stored, f"must have the storage version {name}"))
    for name, i in left.items():
        why = (
            f"missing from spec.versions; {name} was previously a storage version, and must remain in "
            f"spec.versions until a storage migration ensures no data remains persisted in {name} "
            f"and removes {name} from status.storedVersions"
        )
        errors.append(field.invalid(index(path, i), name, why))
    return errors


def _pruned(spec: Mapping[str, Any], before: Mapping[str, Any]) -> ErrorList:
    if not spec.get("preserveUnknownFields") or before.get("preserveUnknownFields"):
        return []
    return [field.invalid("spec.preserveUnknownFields", True, _PRESERVE_RULE)]


def _established(obj: Object) -> bool:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)


def _fixed(new: Mapping[str, Any], old: Mapping[str, Any], established: bool) -> ErrorList:
    errors: ErrorList = []
    now, before = new.get("names") or {}, old.get("names") or {}
    if established:
        errors += field.immutable("spec.scope", new.get("scope"), old.get("scope"))
        errors += field.immutable("spec.names.kind", now.get("kind"), before.get("kind"))
    errors += field.immutable("spec.group", new.get("group"), old.get("group"))
    return errors + field.immutable("spec.names.plural", now.get("plural"), before.get("plural"))


def validation() -> Validation:
    """The rules."""

    def create(obj: Object) -> ErrorList:
        spec, name = obj.get("spec") or {}, obj["metadata"].get("name") or ""
        wanted = f"{(spec.get('names') or {}).get('plural') or ''}.{spec.get('group') or ''}"
        errors: ErrorList = []
        if name != wanted:
            errors.append(field.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
        return errors + _spec(spec) + _status(obj) + _stored(obj) + approval_problems(obj, None) + _pruned(spec, {})

    def update(obj: Object, old: Object) -> ErrorList:
        spec, before = obj.get("spec") or {}, old.get("spec") or {}
        errors = _spec(spec) + (_trusted(spec, before) if _established(old) else [])
        errors += _fixed(spec, before, _established(old))
        return errors + _status(obj) + _stored(obj) + approval_problems(obj, old) + _pruned(spec, before)

    return Validation(create, update, names.name_is_dns_subdomain, qualified_finalizers=False)


def update_status(obj: Object, _old: Object) -> ErrorList:
    """Accepted names."""
    return _status(obj)


VALIDATION = validation()
STATUS = Validation(update=update_status, qualified_finalizers=False)
