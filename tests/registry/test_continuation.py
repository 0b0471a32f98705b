"""Continue tokens: every key comes back, and nothing else is taken for one."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapi.errors import ApiError
from miniapi.registry import continuation

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1).filter(
    lambda n: n not in (".", "..")
)


@given(st.lists(NAMES, min_size=1, max_size=2).map("/".join), st.integers(1, 2**62) | st.just(continuation.LATEST))
def test_a_token_says_where_and_when(key, revision):
    token = continuation.encode(key, revision)
    assert "=" not in token
    assert continuation.decode(token) == (key, revision)


@given(st.text(max_size=30))
def test_any_other_text_is_refused(text):
    try:
        continuation.decode(text)
    except ApiError as problem:
        assert (problem.code, problem.message[:24]) == (400, "invalid continue token: ")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"v": "meta.k8s.io/v1", "rv": 0, "start": "a"},
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ),
        ({"v": "meta.k8s.io/v1", "rv": 1, "start": ""}, "encoded start key empty (version meta.k8s.io/v1)"),
        ({"v": "v2", "rv": 1, "start": "a"}, "server does not recognize this encoded version v2"),
        ({"v": "meta.k8s.io/v1", "rv": 1, "start": "../a"}, "../a"),
    ],
)
def test_a_token_of_another_make_is_told_what_is_wrong(document, problem):
    token = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
    with pytest.raises(ApiError) as raised:
        continuation.decode(token)
    assert raised.value.message == f"invalid continue token: continue key is not valid: {problem}"
