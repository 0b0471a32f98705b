"""CertificateSigningRequests, their approval and their certificate (certificates/validation)."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from miniapi.meta import names
from miniapi.meta.objects import Object
from miniapi.validation import field
from miniapi.validation.field import ErrorList, child, index
from miniapi.validation.interface import Validation

LEGACY_UNKNOWN = "kubernetes.io/legacy-unknown"
DECISIONS = ("Approved", "Denied", "Failed")
_MIN_SECONDS = 600
_MAX_DOMAIN = 253
_SIGNER_FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
    "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
    "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
    "server auth", "signing", "timestamping",
)  # fmt: skip
_pem = re.compile(rb"-----BEGIN ([^\n-]*)-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL)


def pem_blocks(data: bytes) -> list[tuple[str, bytes, bool]]:
    """pem.Decode until nothing is left: (type, contents, has headers)."""
    blocks = []
    for found in _pem.finditer(data):
        headers, blank, body = found[2].rpartition(b"\n\n")
        try:
            contents = b64decode(b"".join((body if blank else found[2]).split()), validate=True)
        except Base64Error:
            continue
        blocks.append((found[1].decode("utf-8", "replace"), contents, bool(blank and headers.strip())))
    return blocks


def _request_problem(data: bytes) -> str:
    blocks = pem_blocks(data)
    if not blocks or blocks[0][0] != "CERTIFICATE REQUEST":
        return "PEM block type must be CERTIFICATE REQUEST"
    from cryptography import x509  # only whoever asks for certificates pays for it
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return "" if x509.load_der_x509_csr(blocks[0][1]).is_signature_valid else "x509: signature verification failed"
    except (ValueError, UnsupportedAlgorithm) as problem:
        return f"asn1: structure error: {problem}"


def _certificate_problem(data: bytes) -> str:
    blocks = pem_blocks(data)
    if not blocks:
        return "must contain at least one CERTIFICATE PEM block"
    from cryptography import x509

    for kind, contents, headers in blocks:
        if kind != "CERTIFICATE":
            return f"only CERTIFICATE PEM blocks are allowed, found {field.show(kind)}"
        if headers:
            return "no PEM block headers are permitted"
        try:
            x509.load_der_x509_certificate(contents)
        except ValueError:
            return "x509: malformed certificate"
    return ""


def signer_name(name: str, path: str) -> ErrorList:
    """ValidateSignerName: `domain/path`, both of DNS names."""
    if not name:
        return [field.required(path)]
    domain, slash, rest = name.partition("/")
    if not slash or "/" in rest:
        return [field.invalid(path, name, _SIGNER_FORM)]
    errors = [field.too_long(path, _MAX_DOMAIN)] if names.size(domain) > _MAX_DOMAIN else []
    errors += _labels(domain, names.dns_label, path)
    if "." not in domain:
        errors.append(field.invalid(path, domain, "should be a domain with at least two segments separated by dots"))
    errors += _labels(rest, names.dns_subdomain, path)
    if names.size(name) > 571:
        errors.append(field.too_long(path, 571))
    return errors


def _labels(text: str, check: Callable[[str], list[str]], path: str) -> ErrorList:
    """What is wrong with the first bad label."""
    for label in text.split("."):
        if wrong := check(label):
            return [field.invalid(path, text, f"validating label {field.show(label)}: {m}") for m in wrong]
    return []


def _usages(usages: list[str], path: str) -> ErrorList:
    if not usages:
        return [field.required(path)]
    wrong = [field.not_supported(index(path, i), u, _USAGES) for i, u in enumerate(usages) if u not in _USAGES]
    return wrong + [field.duplicate(index(path, i), u) for i, u in enumerate(usages) if u in usages[:i]]


def _spec(spec: dict[str, Any]) -> ErrorList:
    request = spec.get("request")
    errors: ErrorList = []
    if problem := _request_problem(b64decode(request or "")):
        errors.append(field.invalid("spec.request", request, problem))
    errors += _usages(spec.get("usages") or [], "spec.usages")
    name, seconds = spec.get("signerName") or "", spec.get("expirationSeconds")
    if name == LEGACY_UNKNOWN:
        errors.append(
            field.invalid("spec.signerName", name, "the legacy signerName is not allowed via this API version")
        )
    else:
        errors += signer_name(name, "spec.signerName")
    if seconds is not None and seconds < _MIN_SECONDS:
        why = f"may not specify a duration less than {_MIN_SECONDS} seconds (10 minutes)"
        errors.append(field.invalid("spec.expirationSeconds", seconds, why))
    return errors


def _conditions(conditions: list[dict[str, Any]], old: list[dict[str, Any]]) -> ErrorList:
    errors: ErrorList = []
    seen: set[str] = set()
    old_types = {c.get("type") for c in old}
    for i, condition in enumerate(conditions):
        path, kind, status = index("status.conditions", i), condition.get("type") or "", condition.get("status") or ""
        if not kind:
            errors.append(field.required(child(path, "type")))
        allowed = ("True",) if kind in DECISIONS else ("False", "True", "Unknown")
        if not status:
            errors.append(field.required(child(path, "status")))
        elif status not in allowed:
            errors.append(field.not_supported(child(path, "status"), status, allowed))
        if kind in seen:
            errors.append(field.duplicate(child(path, "type"), kind))
        other = {"Approved": "Denied", "Denied": "Approved"}.get(kind)
        if other in seen and not {kind, other} <= old_types:
            why = "Approved and Denied conditions are mutually exclusive"
            errors.append(field.invalid("status.conditions", kind, why))
        seen.add(kind)
    return errors


def _status(obj: Object, old: Object) -> ErrorList:
    status, before = obj.get("status") or {}, old.get("status") or {}
    errors = _conditions(status.get("conditions") or [], before.get("conditions") or [])
    certificate = status.get("certificate")
    if certificate and certificate != before.get("certificate"):
        if problem := _certificate_problem(b64decode(certificate)):
            errors.append(field.invalid("status.certificate", "<certificate data>", problem))
    return errors


def create(obj: Object) -> ErrorList:
    """A signed request for a named signer."""
    return _spec(obj.get("spec") or {}) + _status(obj, {})


def _update(obj: Object, old: Object, *, may_sign: bool = False, may_decide: bool = False) -> ErrorList:
    errors = _status(obj, old)
    status, before = obj.get("status") or {}, old.get("status") or {}
    more = {kind: _count(status, kind) - _count(before, kind) for kind in DECISIONS}
    for kind in DECISIONS:
        if more[kind] < 0:
            why = f"updates may not remove a condition of type {field.show(kind)}"
            errors.append(field.forbidden("status.conditions", why))
    for kind in ("Approved", "Denied"):
        if more[kind] > 0 and not may_decide:
            why = f"updates may not add a condition of type {field.show(kind)}"
            errors.append(field.forbidden("status.conditions", why))
    if status.get("certificate") != before.get("certificate"):
        if not may_sign:
            errors.append(field.forbidden("status.certificate", "updates may not set certificate content"))
        elif before.get("certificate"):
            errors.append(field.forbidden("status.certificate", "updates may not modify existing certificate content"))
    return errors


def _count(status: dict[str, Any], kind: str) -> int:
    return sum(c.get("type") == kind for c in status.get("conditions") or ())


def update(obj: Object, old: Object) -> ErrorList:
    """Neither decisions nor the certificate change here."""
    return _update(obj, old)


def update_status(obj: Object, old: Object) -> ErrorList:
    """The certificate may be set once."""
    return _update(obj, old, may_sign=True)


def update_approval(obj: Object, old: Object) -> ErrorList:
    """Decisions may be added."""
    return _update(obj, old, may_decide=True)


VALIDATION = Validation(create, update, update_metadata=("changed", "whole"))
STATUS = Validation(update=update_status)
APPROVAL = Validation(update=update_approval)
