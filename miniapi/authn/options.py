"""Flags of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from miniapi.authn.claims import Claim
from miniapi.authn.jose import ALGORITHMS
from miniapi.authn.oidc import Issuer
from miniapi.flag import flag

DEFAULT_ISSUER = "https://kubernetes.default.svc"
REVIEW_VERSIONS = ("v1", "v1beta1")
MIN_TOKEN_EXPIRATION_SECONDS, MAX_TOKEN_EXPIRATION_SECONDS = 3600.0, float(1 << 32)


@dataclass
class AuthenticationOptions:
    """Who may prove how who they are."""

    anonymous: bool = flag("anonymous-auth", "Requests without a credential are system:anonymous.", "bool", True)
    client_ca_file: str = flag("client-ca-file", "CA whose client certificates are believed, beside the server's own.")
    token_file: str = flag("token-auth-file", 'CSV of static tokens: token,user,uid,"group1,group2".')
    api_audiences: list[str] = flag("api-audiences", "Audiences of the API; the issuer if unset.", "strings", [])
    issuers: list[str] = flag(
        "service-account-issuer", "Issuer of service account tokens; the first signs.", "stringArray", []
    )
    signing_key_file: str = flag("service-account-signing-key-file", "Key that signs tokens; made if unset.")
    key_files: list[str] = flag(
        "service-account-key-file", "Keys that verify tokens; the signing key if unset.", "stringArray", []
    )
    jwks_uri: str = flag("service-account-jwks-uri", "Where the discovery document says the keys are.")
    lookup: bool = flag("service-account-lookup", "A token's objects must still exist.", "bool", True)
    extend_expiration: bool = flag(
        "service-account-extend-token-expiration", "Pod tokens of one hour live a year.", "bool", True
    )
    max_expiration_seconds: float = flag(
        "service-account-max-token-expiration", "Longest life of a token; any if unset.", "duration", 0.0
    )
    bootstrap_tokens: bool = flag(
        "enable-bootstrap-token-auth", "Believe tokens of secrets of type bootstrap.kubernetes.io/token.", "bool", False
    )
    webhook_config_file: str = flag(
        "authentication-token-webhook-config-file", "Kubeconfig of a service that is asked whose a token is."
    )
    webhook_version: str = flag(
        "authentication-token-webhook-version", "Version of the reviews it is asked by.", default="v1beta1"
    )
    webhook_cache_seconds: float = flag(
        "authentication-token-webhook-cache-ttl", "How long it is not asked again.", "duration", 120.0
    )
    config_file: str = flag("authentication-config", "AuthenticationConfiguration: OpenID issuers, anonymous paths.")
    oidc_issuer: str = flag("oidc-issuer-url", "OpenID issuer whose tokens are believed.")
    oidc_client_id: str = flag("oidc-client-id", "Audience that its tokens must name.")
    oidc_ca_file: str = flag("oidc-ca-file", "CA of the issuer; the system's if unset.")
    oidc_username_claim: str = flag("oidc-username-claim", "Claim that names the user.", default="sub")
    oidc_username_prefix: str = flag(
        "oidc-username-prefix", "Put before the user's name; ISSUER# if unset, unless the claim is email; - for none."
    )
    oidc_groups_claim: str = flag("oidc-groups-claim", "Claim that names groups.")
    oidc_groups_prefix: str = flag("oidc-groups-prefix", "Put before each group's name.")
    oidc_required_claims: dict[str, str] = flag("oidc-required-claim", "Claims and what they must be.", "map", {})
    oidc_algorithms: list[str] = flag(
        "oidc-signing-algs", f"Algorithms that may have signed: {', '.join(ALGORITHMS)}.", "strings", ["RS256"]
    )
    request_header_ca_file: str = flag("requestheader-client-ca-file", "CA of front proxies that name the user.")
    request_header_allowed_names: list[str] = flag(
        "requestheader-allowed-names", "Common names of the proxies; any if unset.", "strings", []
    )
    request_header_username: list[str] = flag(
        "requestheader-username-headers", "Headers that name the user.", "strings", []
    )
    request_header_uid: list[str] = flag("requestheader-uid-headers", "Headers with the uid.", "strings", [])
    request_header_group: list[str] = flag("requestheader-group-headers", "Headers with groups.", "strings", [])
    request_header_extra_prefix: list[str] = flag(
        "requestheader-extra-headers-prefix", "Prefixes of headers with extra.", "strings", []
    )

    def effective_issuers(self) -> tuple[str, ...]:
        """The issuers, or the default one."""
        return tuple(self.issuers) or (DEFAULT_ISSUER,)

    def effective_audiences(self) -> tuple[str, ...]:
        """The API's audiences: --api-audiences, else the issuers."""
        return tuple(self.api_audiences) or self.effective_issuers()

    def validate(self) -> list[str]:
        """All that is wrong, each line naming its flag and the fix."""
        problems = [*self._files(), *self._service_accounts(), *self._request_headers(), *self._oidc()]
        if self.webhook_version not in REVIEW_VERSIONS:
            problems.append(f"--authentication-token-webhook-version: use {' or '.join(REVIEW_VERSIONS)}")
        return problems

    def _files(self) -> list[str]:
        named = [
            ("client-ca-file", self.client_ca_file),
            ("token-auth-file", self.token_file),
            ("service-account-signing-key-file", self.signing_key_file),
            ("authentication-token-webhook-config-file", self.webhook_config_file),
            ("authentication-config", self.config_file),
            ("oidc-ca-file", self.oidc_ca_file),
            ("requestheader-client-ca-file", self.request_header_ca_file),
            *(("service-account-key-file", f) for f in self.key_files),
        ]
        return [f"--{name}: there is no file {path}" for name, path in named if path and not Path(path).is_file()]

    def _service_accounts(self) -> list[str]:
        problems = []
        for issuer in self.issuers:
            if not issuer:
                problems.append("--service-account-issuer: an issuer must not be empty; leave the flag out")
            elif ":" in issuer and not _is_url(issuer):
                problems.append(
                    f"--service-account-issuer: {issuer} has a colon, but is not a valid URL; use https://HOST"
                )
        if len(set(self.issuers)) < len(self.issuers):
            problems.append("--service-account-issuer: an issuer is named twice; name each once")
        if self.key_files and not self.signing_key_file:
            problems.append(
                "--service-account-key-file: tokens are signed with a key made by the server, which these files "
                "would not verify; add --service-account-signing-key-file"
            )
        longest = self.max_expiration_seconds
        if longest and not MIN_TOKEN_EXPIRATION_SECONDS <= longest <= MAX_TOKEN_EXPIRATION_SECONDS:
            problems.append("--service-account-max-token-expiration: it must be between 1h and 2^32 seconds")
        if self.jwks_uri and urlsplit(self.jwks_uri).scheme != "https":
            problems.append(f"--service-account-jwks-uri: {self.jwks_uri} is not an https URL; use https://HOST/PATH")
        return problems

    def _oidc(self) -> list[str]:
        problems = []
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            problems.append("--oidc-issuer-url and --oidc-client-id go together; name both or neither")
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme != "https":
            problems.append(f"--oidc-issuer-url: {self.oidc_issuer} is not an https URL; use https://HOST")
        if self.oidc_issuer and self.config_file:
            problems.append("--authentication-config: it stands instead of --oidc-*; leave those out")
        problems += [
            f"--oidc-signing-algs: {name} is not verified here; use {', '.join(ALGORITHMS)}"
            for name in self.oidc_algorithms
            if name not in ALGORITHMS
        ]
        return problems

    def oidc(self) -> Issuer | None:
        """The issuer that the --oidc-* flags describe. OSError where its CA cannot be read."""
        if not self.oidc_issuer:
            return None
        prefix = self.oidc_username_prefix
        if not prefix and self.oidc_username_claim != "email":
            prefix = f"{self.oidc_issuer}#"
        return Issuer(
            self.oidc_issuer,
            (self.oidc_client_id,),
            Claim(self.oidc_username_claim, "" if prefix == "-" else prefix),
            Claim(self.oidc_groups_claim, self.oidc_groups_prefix),
            required=self.oidc_required_claims,
            algorithms=tuple(self.oidc_algorithms),
            ca=Path(self.oidc_ca_file).read_bytes() if self.oidc_ca_file else b"",
        )

    def _request_headers(self) -> list[str]:
        if self.request_header_ca_file:
            problems = []
            if not self.request_header_username:
                problems.append(
                    "--requestheader-username-headers: it must be named beside --requestheader-client-ca-file"
                )
            path = Path(self.request_header_ca_file)
            if path.is_file() and b"-----BEGIN CERTIFICATE-----" not in path.read_bytes():
                problems.append(f"--requestheader-client-ca-file: {path} holds no certificate in PEM form")
            return problems
        given = [
            ("allowed-names", self.request_header_allowed_names),
            ("username-headers", self.request_header_username),
            ("uid-headers", self.request_header_uid),
            ("group-headers", self.request_header_group),
            ("extra-headers-prefix", self.request_header_extra_prefix),
        ]
        return [
            f"--requestheader-{name}: nobody is believed without --requestheader-client-ca-file; add it"
            for name, values in given
            if values
        ]


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path))
