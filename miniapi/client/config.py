"""How a client reaches a server: address, trust, identity, wire format; as data, from a kubeconfig or from a pod."""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from miniapi.meta.config_file import BadConfigFile, read_object
from miniapi.wire import JSON, PROTOBUF

SERVICE_ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
USER_AGENT = "miniapi-client"


class ConfigError(Exception):
    """The configuration cannot be used; the message names what is wrong and the fix."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """One server and one identity (client-go's rest.Config). PEM texts, not files: whoever builds it reads them."""

    host: str
    """`https://127.0.0.1:6443`, a path below it included where there is one."""
    ca: bytes = b""
    """Certificates to trust; the system's where empty."""
    insecure: bool = False
    """The server's certificate is not checked."""
    server_name: str = ""
    """Name that the certificate must have, where it is not the host's."""
    bearer_token: str = ""
    bearer_token_file: str = ""
    """Read again for each request: such tokens rotate."""
    certificate: bytes = b""
    key: bytes = b""
    content_type: str = JSON
    """Of request bodies; what has no protobuf form goes as JSON all the same."""
    compression: bool = False
    """Whether answers may come compressed."""
    user_agent: str = USER_AGENT
    namespace: str = "default"
    """Where the context of a kubeconfig points."""

    @property
    def accept(self) -> str:
        """The Accept header."""
        return f"{PROTOBUF},{JSON}" if self.content_type == PROTOBUF else self.content_type

    def check(self) -> None:
        """Raises ConfigError naming the first thing that cannot work."""
        url = urlsplit(self.host)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigError(f'host must be a URL or a host:port pair: "{self.host}"; use https://HOST:PORT')
        if self.insecure and self.ca:
            raise ConfigError("specifying a root certificates file with the insecure flag is not allowed; drop one")
        if bool(self.certificate) != bool(self.key):
            raise ConfigError("a client certificate and its key go together; give both or neither")
        if self.content_type not in (JSON, PROTOBUF):
            raise ConfigError(f'content type "{self.content_type}" is not spoken; use {JSON} or {PROTOBUF}')
        self.tls()

    def tls(self) -> ssl.SSLContext | None:
        """The context for the server, None for plain HTTP. ConfigError where certificates cannot be read."""
        if urlsplit(self.host).scheme == "http":
            return None
        try:
            context = ssl.create_default_context(cadata=self.ca.decode("ascii") if self.ca else None)
        except (ssl.SSLError, UnicodeDecodeError, ValueError):
            raise ConfigError("unable to load root certificates: unable to parse bytes as PEM block") from None
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            _load_pair(context, self.certificate, self.key)
        return context

    def token(self) -> str:
        """The bearer token of now; ConfigError where its file cannot be read."""
        if not self.bearer_token_file:
            return self.bearer_token
        try:
            return Path(self.bearer_token_file).read_text().strip()
        except OSError as problem:
            raise ConfigError(f"the token file {self.bearer_token_file} cannot be read: {problem.strerror}") from None


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # OpenSSL's bindings read key pairs from files only.
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder) / "pair.pem"
        pair.touch(0o600)
        pair.write_bytes(certificate + b"\n" + key)
        try:
            context.load_cert_chain(pair)
        except (ssl.SSLError, OSError) as problem:
            raise ConfigError(f"the client certificate and key cannot be used: {problem}") from None


def from_kubeconfig(path: str | Path = "", context: str = "", **overrides: Any) -> ClientConfig:
    """The config of a kubeconfig's context; $KUBECONFIG's first file or ~/.kube/config where no path is given.

    `overrides` are fields of ClientConfig. Exec and auth-provider plugins are refused by name.
    """
    found = Path(path) if path else _default_kubeconfig(os.environ)
    try:
        document = read_object(found)
    except OSError as problem:
        raise ConfigError(f"the kubeconfig {found} cannot be read: {problem.strerror}") from None
    except BadConfigFile as problem:
        raise ConfigError(f"{found} is no kubeconfig: {problem}") from None
    chosen = context or document.get("current-context") or ""
    where = _named(document, "contexts", "context", chosen, found)
    cluster = _named(document, "clusters", "cluster", where.get("cluster", ""), found)
    user = _named(document, "users", "user", where["user"], found) if where.get("user") else {}
    for plugin in ("exec", "auth-provider"):
        if plugin in user:
            raise ConfigError(f"{found}: user {where['user']} signs in by {plugin}, which this client does not run")
    values: dict[str, Any] = {
        "host": cluster.get("server", ""),
        "ca": _data(cluster, "certificate-authority", found),
        "insecure": bool(cluster.get("insecure-skip-tls-verify")),
        "server_name": cluster.get("tls-server-name", ""),
        "bearer_token": user.get("token", ""),
        "bearer_token_file": str(found.parent / user["tokenFile"]) if user.get("tokenFile") else "",
        "certificate": _data(user, "client-certificate", found),
        "key": _data(user, "client-key", found),
        "namespace": where.get("namespace") or "default",
    }
    return ClientConfig(**{**values, **overrides})


def in_cluster(environment: Mapping[str, str] = os.environ, folder: Path = SERVICE_ACCOUNT_FOLDER) -> ClientConfig:
    """The config of the pod that this runs in (client-go's rest.InClusterConfig)."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port:
        raise ConfigError(
            "unable to load in-cluster configuration, "
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"
        )
    try:
        ca, namespace = (folder / "ca.crt").read_bytes(), (folder / "namespace").read_text()
    except OSError as problem:
        raise ConfigError(f"the pod's service account in {folder} cannot be read: {problem.strerror}") from None
    address = f"[{host}]" if ":" in host else host
    return ClientConfig(
        f"https://{address}:{port}", ca=ca, bearer_token_file=str(folder / "token"), namespace=namespace.strip()
    )


def _default_kubeconfig(environment: Mapping[str, str]) -> Path:
    given = [p for p in environment.get("KUBECONFIG", "").split(os.pathsep) if p]
    return Path(given[0]) if given else Path.home() / ".kube" / "config"


def _named(document: Mapping[str, Any], part: str, field: str, name: str, source: Path) -> Mapping[str, Any]:
    for entry in document.get(part) or []:
        if entry.get("name") == name:
            found: Mapping[str, Any] = entry.get(field) or {}
            return found
    raise ConfigError(f'{source} has no {field} "{name}"; name one of {part} with context=')


def _data(entry: Mapping[str, Any], name: str, source: Path) -> bytes:
    """`NAME-data` in base64, or the content of the file `NAME`, relative to the kubeconfig."""
    text = entry.get(f"{name}-data")
    if text:
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ConfigError(f"{source}: {name}-data is not base64") from None
    if not entry.get(name):
        return b""
    file = source.parent / str(entry[name])
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{source}: {name} {file} cannot be read: {problem.strerror}") from None
