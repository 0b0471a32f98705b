"""Asks one webhook: the call, its failure policy, its answer."""

from __future__ import annotations

import logging
from typing import Protocol

from miniapi import errors
from miniapi.admission.interface import Attributes
from miniapi.admission.matching.criteria import Asked
from miniapi.admission.webhooks.hook import Hook
from miniapi.admission.webhooks.review import VERSIONS, Answer, InvalidAnswer, answer, question, refusal
from miniapi.client.webhooks import WebhookFailed
from miniapi.meta.objects import Object

log = logging.getLogger("miniapi.admission")


class Caller(Protocol):
    """client.webhooks.WebhookCaller."""

    async def call(self, client_config: Object, review: Object, timeout_seconds: float) -> Object: ...


async def ask(caller: Caller, hook: Hook, attributes: Attributes, asked: Asked, *, mutating: bool) -> Answer | None:
    """The answer of one that allows; None where it failed and that is to be ignored. Raises ApiError for a no."""
    if attributes.dry_run and not hook.dry_run:
        raise errors.bad_request(f'admission webhook "{hook.name}" does not support dry run')
    version = next((v for v in hook.review_versions if v in VERSIONS), None)
    try:
        if version is None:
            raise WebhookFailed("webhook does not accept known AdmissionReview versions (v1, v1beta1)")
        sent = question(attributes, asked, version)
        try:
            found = await caller.call(hook.client_config, sent, hook.timeout_seconds)
        except WebhookFailed as problem:
            raise WebhookFailed(f"failed to call webhook: {problem}") from None
        try:
            said = answer(sent, found, mutating=mutating)
        except InvalidAnswer as problem:
            raise WebhookFailed(f"received invalid webhook response: {problem}") from None
    except WebhookFailed as problem:
        what = f'failed calling webhook "{hook.name}": {problem}'
        if hook.ignores_failure:
            log.warning("%s; the write goes on, as its failurePolicy says", what)
            return None
        raise errors.internal(what) from None
    for text in said.warnings:
        if text not in attributes.warnings:
            attributes.warnings.append(text)
    for key, value in said.audit_annotations.items():
        attributes.audit_annotations[f"{hook.name}/{key}"] = value
    if not said.allowed:
        raise refusal(hook.name, said.status)
    return said
