"""Repeated owner references are kept once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from miniapi.endpoints.context import Context
from miniapi.endpoints.owner_references import dedupe_owner_references
from miniapi.meta.request_info import parse
from miniapi.wire import Request, no_body

A = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u1"}

OTHER = {**A, "controller": True}


@pytest.mark.parametrize(
    ("given", "kept", "told"),
    [([A, A], [A], "u1"), ([A, OTHER], [A, OTHER], ""), ([A, OTHER, A, OTHER], [A, OTHER], "u1, u1"), ([A], [A], "")],
)
def test_only_equal_references_are_repeated(given, kept, told):
    request = Request("POST", "/api/v1/pods", "", CIMultiDict(), no_body)
    context = Context(request, datetime.now(UTC), parse("POST", "/api/v1/pods", ""))
    obj = {"metadata": {"ownerReferences": list(given)}}
    dedupe_owner_references(context, obj, after_admission=False)
    assert obj["metadata"]["ownerReferences"] == kept
    assert [w.rsplit(": ", 1)[1] for w in context.warnings] == ([told] if told else [])
