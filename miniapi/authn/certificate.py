"""Client certificates: the common name is the user, organizations are groups."""

from __future__ import annotations

from functools import lru_cache

from miniapi.meta.user import UserInfo
from miniapi.wire import Request


@lru_cache(maxsize=1024)
def user_of_certificate(der: bytes) -> UserInfo | None:
    """The user that a verified certificate names; None without a common name."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.load_der_x509_certificate(der).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names:
        return None
    groups = tuple(str(a.value) for a in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))
    return UserInfo(str(names[0].value), groups=groups)


class CertificateAuthenticator:
    """The chain has been verified by TLS."""

    async def authenticate(self, request: Request) -> UserInfo | None:
        der = request.peer.certificate
        return user_of_certificate(der) if der is not None else None
