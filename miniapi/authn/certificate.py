"""Client certificates: the common name is the user, organizations are groups (authentication/request/x509)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import lru_cache

from miniapi.authn.der import read_certificate
from miniapi.authn.interface import InvalidCredential
from miniapi.meta.user import AUTHENTICATED_GROUP, UserInfo
from miniapi.wire import Request

CREDENTIAL_ID_KEY = "authentication.kubernetes.io/credential-id"
KNOWN_CERTIFICATES = 1024
"""How many certificates' users are remembered."""

ChainCheck = Callable[[bytes], bool]
"""Whether a certificate was issued by the CA in question."""


class CertificateAuthenticator:
    """The chain has been verified by TLS; `issued` tells CAs apart where TLS trusts more than --client-ca-file."""

    def __init__(self, issued: ChainCheck | None = None, clock: Callable[[], float] = time.time) -> None:
        self._issued = issued
        self._clock = clock
        self._user_of = lru_cache(KNOWN_CERTIFICATES)(user_of_certificate)

    async def authenticate(self, request: Request) -> UserInfo | None:
        """InvalidCredential where the certificate is not valid at this moment, however long the connection lives."""
        der = request.peer.certificate
        if der is None:
            return None
        if self._issued is not None and not self._issued(der):
            return None
        user, not_before, not_after = self._user_of(der)
        if not not_before <= self._clock() <= not_after:
            raise InvalidCredential("x509: certificate has expired or is not yet valid")
        return user


def user_of_certificate(der: bytes) -> tuple[UserInfo | None, int, int]:
    """(user, valid from, valid until); no user without a common name. InvalidCredential where it cannot be read."""
    try:
        facts = read_certificate(der)
    except ValueError as problem:
        raise InvalidCredential(str(problem)) from None
    if not facts.common_name:
        return None, facts.not_before, facts.not_after
    user = UserInfo(
        facts.common_name,
        facts.uid,
        (*facts.organizations, *(() if AUTHENTICATED_GROUP in facts.organizations else (AUTHENTICATED_GROUP,))),
        {CREDENTIAL_ID_KEY: (f"X509SHA256={hashlib.sha256(der).hexdigest()}",)},
    )
    return user, facts.not_before, facts.not_after


def issued_by(ca_pem: bytes) -> ChainCheck:
    """Whether a certificate of the bundle signed it. ValueError where the bundle cannot be read."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    authorities = x509.load_pem_x509_certificates(ca_pem)

    @lru_cache(KNOWN_CERTIFICATES)
    def check(der: bytes) -> bool:
        certificate = x509.load_der_x509_certificate(der)
        for authority in authorities:
            try:
                certificate.verify_directly_issued_by(authority)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return True
        return False

    return check
