"""Bundles of certificate authorities, and what is wrong with those that cannot be trusted (client-go/transport)."""

from __future__ import annotations

import ssl

_START, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def complaint(bundle: bytes) -> str:
    """As rootCertPool says it; empty where the bundle can be used, or says nothing."""
    if not bundle:
        return ""
    start = "unable to load root certificates: "
    text = bundle.decode("latin-1")
    if "-----BEGIN " not in text or "-----END " not in text:
        return f"{start}unable to parse bytes as PEM block"
    if _START not in text or _END not in text:
        return f"{start}no valid certificate authority data seen"
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        return f"{start}failed to parse certificate: x509: malformed certificate"
    return ""
