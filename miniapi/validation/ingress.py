"""Ingresses and IngressClasses (networking/validation)."""

from __future__ import annotations

from typing import Any

from miniapi.meta import names
from miniapi.meta.network import parse_ip
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation
from miniapi.validation.network import checked, legacy_ip

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS = ("/..", "/.")
_NOT_AN_IP = "must be a DNS name, not an IP address"
_MAX_CONTROLLER_BYTES = 250


def _reference(ref: dict[str, Any], path: str) -> ErrorList:
    errors: ErrorList = []
    if (group := ref.get("apiGroup")) is not None:
        errors += checked(child(path, "apiGroup"), group, names.dns_subdomain)
    for name in ("kind", "name"):
        if ref.get(name):
            errors += checked(child(path, name), ref[name], names.path_segment)
        else:
            errors.append(field.required(child(path, name)))
    return errors


def _backend(backend: dict[str, Any], path: str) -> ErrorList:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        return [field.invalid(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return _reference(resource, child(path, "resource"))
    if service is None:
        return [field.invalid(path, "", "resource or service backend is required")]
    errors: ErrorList = []
    if service.get("name"):
        errors += checked(child(path, "service", "name"), service["name"], names.dns_label)
    else:
        errors.append(field.required(child(path, "service", "name")))
    port = service.get("port") or {}
    name, number = port.get("name"), port.get("number")
    if name and number:
        errors.append(field.invalid(path, "", "cannot set both port name & port number"))
    elif name:
        errors += checked(child(path, "service", "port", "name"), name, names.port_name)
    elif number:
        at = child(path, "service", "port", "number")
        errors += [field.invalid(at, number, m) for m in names.port_number(number)]
    else:
        errors.append(field.required(path, "port name or number is required"))
    return errors


def _http_path(entry: dict[str, Any], path: str) -> ErrorList:
    kind, text, at = entry.get("pathType"), entry.get("path") or "", child(path, "path")
    if kind is None:
        return [field.required(child(path, "pathType"), "pathType must be specified")]
    errors: ErrorList = []
    if kind not in _PATH_TYPES:
        errors.append(field.not_supported(child(path, "pathType"), kind, _PATH_TYPES))
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        errors.append(field.invalid(at, text, "must be an absolute path"))
    if kind in ("Exact", "Prefix"):
        errors += [field.invalid(at, text, f"must not contain '{s}'") for s in _BAD_SEQUENCES if s in text]
        errors += [field.invalid(at, text, f"cannot end with '{s}'") for s in _BAD_ENDS if text.endswith(s)]
    return errors + _backend(entry.get("backend") or {}, child(path, "backend"))


def _http(rule: dict[str, Any], path: str) -> ErrorList:
    http = rule.get("http")
    if http is None:
        return []
    at, paths = child(path, "http", "paths"), http.get("paths") or ()
    if not paths:
        return [field.required(at)]
    return [e for i, entry in enumerate(paths) for e in _http_path(entry, index(at, i))]


def _rule(rule: dict[str, Any], path: str, lax_wildcards: bool) -> ErrorList:
    host, at = rule.get("host") or "", child(path, "host")
    errors: ErrorList = []
    if host:
        if parse_ip(host):
            errors.append(field.invalid(at, host, _NOT_AN_IP))
        errors += checked(at, host, names.wildcard_dns_subdomain if "*" in host else names.dns_subdomain)
    return errors if lax_wildcards and "*" in host else errors + _http(rule, path)


def _tls(tls: dict[str, Any], path: str, check_secret: bool) -> ErrorList:
    errors: ErrorList = []
    for i, host in enumerate(tls.get("hosts") or ()):
        check = names.wildcard_dns_subdomain if "*" in host else names.dns_subdomain
        errors += checked(index(child(path, "hosts"), i), host, check)
    if check_secret and tls.get("secretName"):
        errors += checked(child(path, "secretName"), tls["secretName"], names.dns_subdomain)
    return errors


def _spec(spec: dict[str, Any], old: dict[str, Any]) -> ErrorList:
    rules, backend = spec.get("rules") or (), spec.get("defaultBackend")
    errors: ErrorList = []
    if not rules and backend is None:
        errors.append(field.invalid("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if backend is not None:
        errors += _backend(backend, "spec.defaultBackend")
    lax = any("*" in (r.get("host") or "") and _http(r, "") for r in old.get("rules") or ())
    for i, rule in enumerate(rules):
        errors += _rule(rule, index("spec.rules", i), lax)
    check = not any(t.get("secretName") and names.dns_subdomain(t["secretName"]) for t in old.get("tls") or ())
    for i, tls in enumerate(spec.get("tls") or ()):
        errors += _tls(tls, index("spec.tls", i), check)
    if (name := spec.get("ingressClassName")) is not None:
        errors += checked("spec.ingressClassName", name, names.dns_subdomain)
    return errors


def create(obj: Object) -> ErrorList:
    """The spec; the old annotation must agree with ingressClassName."""
    spec = obj.get("spec") or {}
    errors = _spec(spec, {})
    wanted, given = spec.get("ingressClassName"), (obj["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
    if given is not None and wanted is not None and given != wanted:
        why = "must match `ingressClassName` when both are specified"
        errors.append(field.invalid(f"annotations.{CLASS_ANNOTATION}", given, why))
    return errors


def update(obj: Object, old: Object) -> ErrorList:
    """The spec, lenient where the old one was broken."""
    return _spec(obj.get("spec") or {}, old.get("spec") or {})


def update_status(obj: Object, old: Object) -> ErrorList:
    """ValidateIngressLoadBalancerStatus."""
    before = ((old.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    known = [entry["ip"] for entry in before if entry.get("ip")]
    errors: ErrorList = []
    for i, entry in enumerate(((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()):
        path, host = index("status.loadBalancer.ingress", i), entry.get("hostname") or ""
        if entry.get("ip"):
            errors += legacy_ip(child(path, "ip"), entry["ip"], known)
        if host:
            errors += checked(child(path, "hostname"), host, names.dns_subdomain)
            if parse_ip(host):
                errors.append(field.invalid(child(path, "hostname"), host, _NOT_AN_IP))
    return errors


def _domain_prefixed_path(path: str, text: str) -> ErrorList:
    domain, _slash, rest = text.partition("/")
    if not domain or not rest:
        return [field.invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    return checked(path, domain, names.dns_subdomain) or checked(path, rest, names.http_path)


def _parameters(ref: dict[str, Any], path: str) -> ErrorList:
    errors = _reference(ref, path)
    scope, at, namespace = ref.get("scope"), child(path, "namespace"), ref.get("namespace")
    if scope is None:
        return [*errors, field.required(child(path, "scope"))]
    if scope not in ("Cluster", "Namespace"):
        return [*errors, field.not_supported(child(path, "scope"), scope, ("Cluster", "Namespace"))]
    if scope == "Namespace" and namespace is None:
        errors.append(field.required(at, "`parameters.scope` is set to 'Namespace'"))
    elif scope == "Namespace":
        errors += checked(at, namespace or "", names.dns_label)
    elif namespace is not None:
        errors.append(field.forbidden(at, "`parameters.scope` is set to 'Cluster'"))
    return errors


def create_class(obj: Object) -> ErrorList:
    """ValidateIngressClass."""
    spec = obj.get("spec") or {}
    controller = spec.get("controller") or ""
    errors: ErrorList = []
    if not controller:
        errors.append(field.required("spec.controller"))
    else:
        if names.size(controller) > _MAX_CONTROLLER_BYTES:
            errors.append(field.too_long("spec.controller", _MAX_CONTROLLER_BYTES))
        errors += _domain_prefixed_path("spec.controller", controller)
    if spec.get("parameters") is not None:
        errors += _parameters(spec["parameters"], "spec.parameters")
    return errors


def update_class(obj: Object, old: Object) -> ErrorList:
    """The controller stays."""
    new, before = ((o.get("spec") or {}).get("controller", "") for o in (obj, old))
    return field.immutable("spec.controller", new, before) + create_class(obj)


VALIDATION = Validation(create, update, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))
STATUS = Validation(update=update_status)
CLASS = Validation(create_class, update_class, names.name_is_dns_subdomain, update_metadata=("changed", "whole"))
