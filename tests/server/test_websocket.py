"""Watches over WebSocket: an event a message."""

import pytest
from multidict import CIMultiDict

from miniapi.server.websocket import messages_of, wants_websocket
from miniapi.wire import JSON, PROTOBUF


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"Upgrade": "websocket", "Connection": "keep-alive, Upgrade"}, True),
        ({"Upgrade": "WebSocket", "Connection": "upgrade"}, True),
        ({"Upgrade": "SPDY/3.1", "Connection": "Upgrade"}, False),
        ({"Upgrade": "websocket"}, False),
        ({}, False),
    ],
)
def test_who_wants_a_websocket(headers, wanted):
    assert wants_websocket(CIMultiDict(headers)) is wanted


def test_events_in_json_are_texts_and_others_bytes_without_their_length():
    assert list(messages_of(b'{"a":1}\n{"b":2}\n', JSON)) == ['{"a":1}\n', '{"b":2}\n']
    frames = b"\x00\x00\x00\x02ab\x00\x00\x00\x01c"
    assert list(messages_of(frames, f"{PROTOBUF};stream=watch")) == [b"ab", b"c"]
