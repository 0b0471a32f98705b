"""URLs that Go reads, and what it says of others."""

import pytest

from miniapi.meta.go_url import BadUrl, GoUrl, parse, parse_request_uri


def test_a_url_is_taken_apart_as_it_is_written():
    assert parse("HTTPS://u:p@a.b:80/c%20d?x=1#f") == GoUrl("https", "u:p", "a.b:80", "/c%20d", "x=1", "f")
    assert parse("mailto:x?y") == GoUrl("mailto", None, "", "", "y", "")
    assert parse_request_uri("/a#b") == GoUrl("", None, "", "/a#b", "", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("://", "missing protocol scheme"),
        ("https://h:port/", 'invalid port ":port" after host'),
        ("https://h/%zz", 'invalid URL escape "%zz"'),
        ("https://a b/", 'invalid character " " in host name'),
        ("https://[::1/", "missing ']' in host"),
        ("a:b", None),
        ("1:b", "first path segment in URL cannot contain colon"),
        ("https://a\x01/", "net/url: invalid control character in URL"),
        ("https://a b@c/", "net/url: invalid userinfo"),
    ],
)
def test_what_is_no_url_is_told_as_go_tells_it(text, told):
    if told is None:
        parse(text)
        return
    with pytest.raises(BadUrl) as raised:
        parse(text)
    assert str(raised.value) == f'parse "{text}": {told}'


@pytest.mark.parametrize(("text", "told"), [("", "empty url"), ("a", "invalid URI for request")])
def test_a_request_asks_for_something_absolute(text, told):
    with pytest.raises(BadUrl) as raised:
        parse_request_uri(text)
    assert str(raised.value) == f'parse "{text}": {told}'
