"""CustomResourceDefinitions (apiextensions/validation).

What all versions agree on is told at spec, as the original's internal form has it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from miniapi.meta import authorities, names
from miniapi.meta.objects import Object
from miniapi.validation import field, rules
from miniapi.validation.api_approval import approval_problems
from miniapi.validation.crd_fields import columns, selectable, subresources
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.internal_schema import given_fields, internal_schema
from miniapi.validation.structural_schema import mentions, openapi, structural, unconvertible
from miniapi.validation.webhook import webhook_service, webhook_url

_MIXED_CASE = "may have mixed case, but should otherwise match: "
_MAX_WARNING_CHARS = 256
_OBJECT_RULE = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
_AT_ROOT = (
    "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum",
    "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items",
    "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
)  # fmt: skip
_PRESERVE_RULE = (
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
)
_SHOWN_VERSION = (
    ("Name", "name", ""), ("Served", "served", False), ("Storage", "storage", False),
    ("Deprecated", "deprecated", False), ("DeprecationWarning", "deprecationWarning", None),
)  # fmt: skip
_SHOWN_SCALE = (
    ("SpecReplicasPath", "specReplicasPath", ""), ("StatusReplicasPath", "statusReplicasPath", ""),
    ("LabelSelectorPath", "labelSelectorPath", None),
)  # fmt: skip
_SHOWN_COLUMN = (
    ("Name", "name", ""), ("Type", "type", ""), ("Format", "format", ""), ("Description", "description", ""),
    ("Priority", "priority", 0), ("JSONPath", "jsonPath", ""),
)  # fmt: skip
_PARTS = {
    "schema": "Schema",
    "subresources": "Subresources",
    "additionalPrinterColumns": "AdditionalPrinterColumns",
    "selectableFields": "SelectableFields",
}


def _label(path: str, name: str, lower: bool = False) -> ErrorList:
    wrong = names.dns_1035_label(name.lower() if lower else name)
    return [field.invalid(path, name, (_MIXED_CASE if lower else "") + ",".join(wrong))] if wrong else []


def _names(given: Mapping[str, Any], path: str) -> ErrorList:
    plural, singular, kind, list_kind = (given.get(n) or "" for n in ("plural", "singular", "kind", "listKind"))
    errors: ErrorList = []
    for name, value, lower in (
        ("plural", plural, False), ("singular", singular, False), ("kind", kind, True), ("listKind", list_kind, True),
    ):  # fmt: skip
        errors += _label(child(path, name), value, lower) if value else []
    for i, name in enumerate(given.get("shortNames") or ()):
        errors += _label(index(child(path, "shortNames"), i), name)
    if kind and kind == list_kind:
        errors.append(field.invalid(child(path, "listKind"), list_kind, "kind and listKind may not be the same"))
    for i, name in enumerate(given.get("categories") or ()):
        errors += _label(index(child(path, "categories"), i), name)
    return errors


def _schema(schema: Mapping[str, Any], path: str, has_status: bool) -> ErrorList:
    errors = _root(schema, path, has_status)
    inconvertible = unconvertible(schema)
    broken = [] if inconvertible else structural(schema, path)
    if not (inconvertible or broken) and mentions(schema, "default"):
        from miniapi.validation.crd_defaults import default_problems

        broken = default_problems(schema, path)
    wrong = openapi(schema, path)
    if mentions(schema, "x-kubernetes-validations"):
        # Expressions are costly to import, and few schemas have them.
        from miniapi.validation.crd_rules import compiled_rules, rule_forms

        wrong += rule_forms(schema, path)
        if not (wrong or broken or inconvertible):
            wrong += compiled_rules(schema, path)
    errors += broken + wrong
    if inconvertible and not errors:
        errors.append(field.invalid(path, "", inconvertible))
    return errors


def _root(schema: Mapping[str, Any], path: str, has_status: bool) -> ErrorList:
    """With a status of its own, the root holds only what is not lost when the status is validated alone."""
    errors: ErrorList = []
    for name in given_fields(schema) if has_status else ():
        if name == "Type" and schema["type"] != "object":
            errors.append(field.invalid(child(path, "type"), schema["type"], _OBJECT_RULE))
            break
        if name not in _AT_ROOT:
            fields = f"only [{' '.join(_AT_ROOT)}] fields"
            why = f"{fields} are allowed at the root of the schema if the status subresource is enabled"
            errors.append(field.invalid(path, internal_schema(schema), why))
            break
    if schema.get("nullable"):
        errors.append(field.forbidden(child(path, "nullable"), "nullable cannot be true at the root"))
    return errors


def _parts(version: Mapping[str, Any], path: str, only: set[str], has_status: bool) -> ErrorList:
    """The parts of a version that are told at `path`; a hoisted schema is called `validation` there."""
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    errors: ErrorList = []
    if "schema" in only and schema is not None:
        name = "validation" if path == "spec" else "schema"
        errors += _schema(schema, child(path, name, "openAPIV3Schema"), has_status)
    if "subresources" in only:
        errors += subresources(version.get("subresources") or {}, child(path, "subresources"))
    if "additionalPrinterColumns" in only:
        given = version.get("additionalPrinterColumns") or []
        errors += columns(given, child(path, "additionalPrinterColumns"))
    if "selectableFields" in only:
        fields = version.get("selectableFields") or []
        errors += selectable(fields, schema or {}, child(path, "selectableFields"))
    return errors


def _has_status(version: Mapping[str, Any]) -> bool:
    return (version.get("subresources") or {}).get("status") is not None


def _shown(versions: list[Any], own: set[str]) -> list[dict[str, Any]]:
    """Versions as the original's internal type writes them, which holds what they do not share."""
    return [
        {
            **{go: v.get(name, zero) for go, name, zero in _SHOWN_VERSION},
            **{go: _internal(name, v.get(name)) if name in own else None for name, go in _PARTS.items()},
        }
        for v in versions
    ]


def _internal(part: str, value: Any) -> Any:
    if not value:
        return None if part != "subresources" or value is None else {"Status": None, "Scale": None}
    if part == "schema":
        return {"OpenAPIV3Schema": internal_schema(value.get("openAPIV3Schema"))}
    if part == "subresources":
        scale = value.get("scale")
        shown = None if scale is None else {go: scale.get(name, zero) for go, name, zero in _SHOWN_SCALE}
        return {"Status": value.get("status"), "Scale": shown}
    table = _SHOWN_COLUMN if part == "additionalPrinterColumns" else (("JSONPath", "jsonPath", ""),)
    return [{go: entry.get(name, zero) for go, name, zero in table} for entry in value]


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
    return [field.invalid(at, field.Pointer(text), problem) for problem in problems]


def _versions(spec: Mapping[str, Any], versions: list[Any], own: set[str]) -> ErrorList:
    errors: ErrorList = []
    for i, version in enumerate(versions):
        path = index("spec.versions", i)
        if wrong := names.dns_1035_label(version.get("name") or ""):
            errors.append(field.invalid(child(path, "name"), version.get("name") or "", ",".join(wrong)))
        errors += _warning(version, path) + _parts(version, path, own, _has_status(version))
    found = [v.get("name") for v in versions]
    if len(set(found)) < len(found):
        errors.append(field.invalid("spec.versions", _shown(versions, own), "must contain unique version names"))
    if sum(bool(v.get("storage")) for v in versions) != 1:
        why, shown = "must have exactly one version marked as storage version", _shown(versions, own)
        errors.append(field.invalid("spec.versions", shown if spec.get("versions") is not None else None, why))
    first = (versions[0].get("name") or "") if versions else ""
    if first and (wrong := names.dns_1035_label(first)):
        errors.append(field.invalid("spec.version", first, ",".join(wrong)))
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
            errors += webhook_service(child(at, "service"), service)
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
        errors += _parts(versions[0], "spec", shared, any(_has_status(v) for v in versions))
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


def _named(meta: Mapping[str, Any], spec: Mapping[str, Any]) -> ErrorList:
    """Also a name that is generated would have to be the one there is."""
    wanted = f"{(spec.get('names') or {}).get('plural') or ''}.{spec.get('group') or ''}"
    given = ((child("metadata", n), meta.get(n)) for n in ("generateName", "name"))
    why = 'must be spec.names.plural+"."+spec.group'
    return [field.invalid(at, name, why) for at, name in given if name and name != wanted]


def validation() -> Validation:
    """The rules."""

    def create(obj: Object) -> ErrorList:
        spec = obj.get("spec") or {}
        return (
            _named(obj["metadata"], spec)
            + _spec(spec)
            + _status(obj)
            + _stored(obj)
            + approval_problems(obj, None)
            + _pruned(spec, {})
        )

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
