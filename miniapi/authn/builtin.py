"""The authenticators that ship, in the order in which they are asked (kubeapiserver/authenticator.Config.New)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from miniapi.authn.bearer import BearerAuthenticator
from miniapi.authn.bootstrap_token import BootstrapTokens
from miniapi.authn.certificate import CertificateAuthenticator, issued_by
from miniapi.authn.configuration import (
    Anonymous,
    AuthenticationConfiguration,
    BadConfiguration,
    read_configuration,
)
from miniapi.authn.interface import Authenticator, ObjectGetter, TokenAuthenticator
from miniapi.authn.legacy_service_account import LegacyTokens
from miniapi.authn.oidc import OidcTokens
from miniapi.authn.oidc_keys import HttpDocuments, IssuerKeys
from miniapi.authn.options import AuthenticationOptions
from miniapi.authn.request_header import RequestHeaderAuthenticator, RequestHeaders
from miniapi.authn.service_account import ServiceAccountTokens
from miniapi.authn.service_account_keys import ServiceAccountKeys, ensure_signing_key
from miniapi.authn.tokens import StaticTokens, read_token_file
from miniapi.authn.union import Union
from miniapi.authn.webhook import WebhookTokens
from miniapi.client.config import ConfigError, from_kubeconfig
from miniapi.client.review_webhook import ReviewWebhook
from miniapi.meta.user import LOOPBACK


class BadAuthentication(Exception):
    """One line that names the flag and what is wrong with its file."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the factories draw on."""

    options: AuthenticationOptions
    client_ca_files: tuple[Path, ...]
    service_accounts: ServiceAccountTokens
    bearer: BearerAuthenticator


@dataclass(frozen=True, slots=True)
class Authentication:
    """All that the server needs to know of identities."""

    options: AuthenticationOptions
    request: Union
    """Of the authentication filter."""
    bearer: BearerAuthenticator
    """Of TokenReview: `review(token, audiences)`."""
    service_accounts: ServiceAccountTokens
    """Of TokenRequest: `mint(subject, audiences, lifetime, now)`."""
    legacy_tokens: LegacyTokens
    """Of the controller that fills secrets."""
    keys: ServiceAccountKeys
    """Of the OpenID discovery documents."""
    information: Mapping[str, str]
    """What aggregated servers must know, as the ConfigMap extension-apiserver-authentication says it."""
    webhook: ReviewWebhook | None = None

    async def close(self) -> None:
        """Closes the connections to the webhook."""
        if self.webhook is not None:
            await self.webhook.close()


def _request_header(sources: Sources) -> Authenticator | None:
    options = sources.options
    if not options.request_header_ca_file:
        return None
    headers = RequestHeaders(
        options.request_header_username,
        options.request_header_uid,
        options.request_header_group,
        options.request_header_extra_prefix,
        options.request_header_allowed_names,
    )
    return RequestHeaderAuthenticator(headers, issued_by(Path(options.request_header_ca_file).read_bytes()))


def _certificate(sources: Sources) -> Authenticator:
    if not sources.options.request_header_ca_file:
        return CertificateAuthenticator()
    return CertificateAuthenticator(issued_by(b"\n".join(f.read_bytes() for f in sources.client_ca_files)))


def _bearer(sources: Sources) -> Authenticator:
    return sources.bearer


AUTHENTICATORS: tuple[Callable[[Sources], Authenticator | None], ...] = (_request_header, _certificate, _bearer)


def build(
    options: AuthenticationOptions,
    key_directory: Path,
    client_ca_files: tuple[Path, ...],
    objects: ObjectGetter,
    loopback_token: str,
) -> Authentication:
    """Reads what the flags name; makes the signing key where none is named. BadAuthentication names flag and file.

    `loopback_token` is the server's own identity towards itself, good where its client speaks HTTPS.
    """
    audiences = options.effective_audiences()
    keys = _keys(options, key_directory)
    accounts = ServiceAccountTokens(keys, options.effective_issuers(), audiences, objects if options.lookup else None)
    legacy = LegacyTokens(keys, audiences, objects if options.lookup else None)
    configuration = _configuration(options)
    webhook = _webhook(options) if options.webhook_config_file else None
    kinds: list[TokenAuthenticator] = [
        StaticTokens({loopback_token: LOOPBACK}, audiences),
        *_static(options, audiences),
        legacy,
        accounts,
        *([BootstrapTokens(objects, audiences)] if options.bootstrap_tokens else []),
        *(
            OidcTokens(issuer, IssuerKeys(issuer.url, issuer.discovery_url, HttpDocuments(issuer.ca)), audiences)
            for issuer in configuration.issuers
        ),
    ]
    if webhook is not None:
        kinds.append(WebhookTokens(webhook, options.webhook_version, audiences, options.webhook_cache_seconds))
    bearer = BearerAuthenticator(kinds, audiences)
    sources = Sources(options, client_ca_files, accounts, bearer)
    try:
        found = [factory(sources) for factory in AUTHENTICATORS]
        information = _information(options, client_ca_files)
    except (OSError, ValueError) as problem:
        raise BadAuthentication(
            f"--requestheader-client-ca-file: {options.request_header_ca_file}: {problem}"
        ) from None
    anonymous = configuration.anonymous or Anonymous(options.anonymous)
    union = Union([a for a in found if a is not None], anonymous=anonymous.enabled, anonymous_paths=anonymous.paths)
    return Authentication(options, union, bearer, accounts, legacy, keys, information, webhook)


def _information(options: AuthenticationOptions, client_ca_files: tuple[Path, ...]) -> dict[str, str]:
    said = {}
    if client_ca_files:
        said["client-ca-file"] = "".join(f.read_text() for f in client_ca_files)
    if options.request_header_ca_file:
        said["requestheader-client-ca-file"] = Path(options.request_header_ca_file).read_text()
        for name, values in (
            ("allowed-names", options.request_header_allowed_names),
            ("username-headers", options.request_header_username),
            ("uid-headers", options.request_header_uid),
            ("group-headers", options.request_header_group),
            ("extra-headers-prefix", options.request_header_extra_prefix),
        ):
            said[f"requestheader-{name}"] = json.dumps(values, separators=(",", ":"))
    return said


def _static(options: AuthenticationOptions, audiences: tuple[str, ...]) -> list[TokenAuthenticator]:
    if not options.token_file:
        return []
    try:
        return [StaticTokens(read_token_file(Path(options.token_file)), audiences)]
    except (OSError, ValueError) as problem:
        raise BadAuthentication(f"--token-auth-file: {options.token_file}: {problem}") from None


def _configuration(options: AuthenticationOptions) -> AuthenticationConfiguration:
    """What the file says, or the flags that it stands for."""
    if options.config_file:
        try:
            return read_configuration(options.config_file)
        except BadConfiguration as problem:
            raise BadAuthentication(f"--authentication-config: {problem}") from None
    try:
        issuer = options.oidc()
    except OSError as problem:
        raise BadAuthentication(f"--oidc-ca-file: {options.oidc_ca_file}: {problem}") from None
    return AuthenticationConfiguration((issuer,) if issuer else ())


def _webhook(options: AuthenticationOptions) -> ReviewWebhook:
    try:
        config = from_kubeconfig(options.webhook_config_file)
        config.check()
    except ConfigError as problem:
        raise BadAuthentication(f"--authentication-token-webhook-config-file: {problem}") from None
    return ReviewWebhook(config)


def _keys(options: AuthenticationOptions, directory: Path) -> ServiceAccountKeys:
    given = options.signing_key_file
    if not given:
        try:
            return ServiceAccountKeys(ensure_signing_key(directory / "sa.key"))
        except OSError as problem:
            raise BadAuthentication(f"--cert-dir: {directory} cannot be written: {problem.strerror}") from None
    keys = ServiceAccountKeys(Path(given), [Path(f) for f in options.key_files])
    try:
        _ = keys.signing
    except (OSError, ValueError) as problem:
        raise BadAuthentication(f"--service-account-signing-key-file: {given}: {problem}") from None
    try:
        _ = keys.verification
    except (OSError, ValueError) as problem:
        raise BadAuthentication(f"--service-account-key-file: {', '.join(options.key_files)}: {problem}") from None
    return keys
