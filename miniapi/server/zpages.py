"""/flagz and /statusz: how the server was started and how it is, for people (apiserver/pkg/server/{flagz,statusz})."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from miniapi import errors
from miniapi.clock import Clock
from miniapi.codec.builtin import codec_for
from miniapi.codec.negotiate import clauses
from miniapi.endpoints.context import Context
from miniapi.meta.objects import Object
from miniapi.server.generic import PathHandler
from miniapi.wire import JSON, YAML, Reply

GROUP, VERSIONS, DEPRECATED = "config.k8s.io", ("v1beta1", "v1alpha1"), "v1alpha1"
COMPONENT: Final = "kube-apiserver"
TEXT: Final = "text/plain"
_TYPES: Final = (JSON, YAML, TEXT)
_NOT_FOR_DEBUGGING: Final = frozenset({"/apis", "/api", "/openid", "/openapi", "/.well-known"})
_HEADER: Final = (
    "\n{component} {page}\n"
    "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is "
    "for debugging purposes only.\n"
)


@dataclass(frozen=True, slots=True)
class ZPages:
    """What the pages show. `release` and `emulation` are as 1.36."""

    flags: Mapping[str, str]
    started: datetime
    release: str
    emulation: str
    clock: Clock

    def paths(self, listed: Callable[[], Iterable[str]]) -> Mapping[str, PathHandler]:
        """Exact path -> handler; `listed` are all that `/` lists."""

        async def flagz(context: Context) -> Reply:
            return _page(context, "flagz", {"flags": dict(self.flags)}, self._flags_text)

        async def statusz(context: Context) -> Reply:
            fields = self._status(listed())
            return _page(context, "statusz", fields, lambda: self._status_text(fields))

        return {"/flagz": flagz, "/statusz": statusz}

    def _flags_text(self) -> str:
        return "".join(f"{name}={value}\n" for name, value in sorted(self.flags.items()))

    def _status(self, listed: Iterable[str]) -> Object:
        folders = {"/" + path.split("/")[1] for path in listed} - _NOT_FOR_DEBUGGING - {"/"}
        return {
            "startTime": f"{self.started:%Y-%m-%dT%H:%M:%SZ}",
            "uptimeSeconds": max(0, int((self.clock() - self.started).total_seconds())),
            "goVersion": f"python{platform.python_version()}",
            "binaryVersion": f"{self.release}.0",
            "emulationVersion": self.emulation,
            "paths": sorted(folders),
        }

    def _status_text(self, fields: Object) -> str:
        up = fields["uptimeSeconds"]
        return (
            f"\nStarted: {self.started:%a %b %e %H:%M:%S UTC %Y}\n"
            f"Up: {up // 3600} hr {up // 60 % 60:02d} min {up % 60:02d} sec\n"
            f"Go version: {fields['goVersion']}\n"
            f"Binary version: {fields['binaryVersion']}\n"
            f"Emulation version: {fields['emulationVersion']}\n"
            f"Paths: {' '.join(fields['paths'])}\n"
        )


def _page(context: Context, page: str, fields: Object, text: Callable[[], str]) -> Reply:
    media_type, version = _negotiated(context.request.headers.get("Accept", ""), page.capitalize())
    if media_type == TEXT:
        whole = _HEADER.format(component=COMPONENT, page=page) + text()
        return Reply(200, whole.encode(), f"{TEXT}; charset=utf-8")
    kind = {"kind": page.capitalize(), "apiVersion": f"{GROUP}/{version}", "metadata": {"name": COMPONENT}}
    if version == DEPRECATED:
        context.warn(f"This version of the {page} endpoint is deprecated. Please use a newer version.")
    return Reply(200, codec_for(media_type).encode({**kind, **fields}), media_type)


def _negotiated(accept: str, kind: str) -> tuple[str, str]:
    """-> (media type, version): text for whoever asks for no kind, an object for who asks for this one. 406."""
    if not accept.strip():
        return TEXT, ""
    for asked, parameters in clauses(accept):
        target = [parameters.get(name, "") for name in ("g", "v", "as")]
        for offered in _TYPES:
            if asked not in ("*/*", offered, f"{offered.partition('/')[0]}/*"):
                continue
            if not any(target):
                if offered == TEXT:
                    return TEXT, ""
            elif offered != TEXT and target[0] == GROUP and target[1] in VERSIONS and target[2] == kind:
                return offered, target[1]
    raise errors.not_acceptable(_TYPES)
