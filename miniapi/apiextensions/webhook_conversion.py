"""Conversion by webhook: what is asked, and what of the answer is believed
(apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from miniapi import errors
from miniapi.client.webhooks import WebhookFailed
from miniapi.meta.objects import Object

GROUP = "apiextensions.k8s.io"
TIMEOUT_SECONDS = 30.0
_KNOWN_REVIEWS = ("v1", "v1beta1")
_KEPT = ("name", "namespace", "uid")
_CHANGEABLE = ("labels", "annotations")


class Caller(Protocol):
    """Posts a review to what a clientConfig names; WebhookFailed."""

    async def call(self, client_config: Object, review: Object, timeout_seconds: float) -> Object: ...


class WebhookConversion:
    """One definition's webhook."""

    def __init__(self, caller: Caller, webhook: Object) -> None:
        self._caller, self._config = caller, webhook["clientConfig"]
        wanted = webhook.get("conversionReviewVersions") or ()
        self._review = next((v for v in wanted if v in _KNOWN_REVIEWS), _KNOWN_REVIEWS[0])

    async def convert(self, objects: Sequence[Object], api_version: str) -> list[Object]:
        """All in the version, those that are in it already untouched. ApiError 500."""
        strange = [o for o in objects if o["apiVersion"] != api_version]
        if not strange:
            return list(objects)
        converted = iter(await self._ask(strange, api_version))
        return [o if o["apiVersion"] == api_version else next(converted) for o in objects]

    async def _ask(self, objects: Sequence[Object], api_version: str) -> list[Object]:
        asked = str(uuid.uuid4())
        review: Object = {
            "kind": "ConversionReview",
            "apiVersion": f"{GROUP}/{self._review}",
            "request": {"uid": asked, "desiredAPIVersion": api_version, "objects": list(objects)},
        }
        about = f"{objects[0]['apiVersion']}, Kind={objects[0]['kind']}"
        try:
            answer = await self._caller.call(self._config, review, TIMEOUT_SECONDS)
        except WebhookFailed as problem:
            raise errors.server_error(f"conversion webhook for {about} failed: {problem}") from None
        converted = _converted(answer, asked, about, review["apiVersion"])
        if len(converted) != len(objects):
            found = f"returned {len(converted)} objects, expected {len(objects)}"
            raise errors.server_error(f"conversion webhook for {about} {found}")
        pairs = enumerate(zip(objects, converted, strict=True))
        return [_believed(old, new, api_version, about, i) for i, (old, new) in pairs]


def _converted(answer: Object, asked: str, about: str, api_version: str) -> list[Any]:
    if answer.get("kind") != "ConversionReview" or answer.get("apiVersion") != api_version:
        why = f"unexpected response type: {answer.get('apiVersion')}, Kind={answer.get('kind')}"
        raise errors.server_error(f"conversion webhook for {about} failed: {why}")
    response = answer.get("response")
    if not isinstance(response, dict):
        raise errors.server_error(f"conversion webhook for {about} failed: no response provided")
    if response.get("uid") != asked:
        why = f'expected response.uid="{asked}", got "{response.get("uid", "")}"'
        raise errors.server_error(f"conversion webhook for {about} failed: {why}")
    result = response.get("result") or {}
    if result.get("status") != "Success":
        why = result.get("message") or f"response.result.status was {result.get('status')!r}"
        raise errors.server_error(f"conversion webhook for {about} failed: {why}")
    return response.get("convertedObjects") or []


def _believed(old: Object, new: Any, api_version: str, about: str, position: int) -> Object:
    """The converted object with the metadata of the original, labels and annotations aside."""
    start = f"conversion webhook for {about} returned invalid converted object at index {position}: "
    if not isinstance(new, dict) or new.get("apiVersion") != api_version:
        found = new.get("apiVersion", "") if isinstance(new, dict) else ""
        raise errors.server_error(f"{start}invalid groupVersion (expected {api_version}, received {found})")
    if new.get("kind") != old["kind"]:
        raise errors.server_error(f"{start}invalid kind (expected {old['kind']}, received {new.get('kind')})")
    meta, old_meta = new.get("metadata") or {}, old.get("metadata") or {}
    for name in _KEPT:
        if meta.get(name) != old_meta.get(name):
            why = f"must have the same {name}: {old_meta.get(name, '')} != {meta.get(name, '')}"
            raise errors.server_error(f"{start}invalid metadata: {why}")
    kept = {n: v for n, v in old_meta.items() if n not in _CHANGEABLE}
    kept |= {n: meta[n] for n in _CHANGEABLE if meta.get(n)}
    return {**new, "metadata": kept}
