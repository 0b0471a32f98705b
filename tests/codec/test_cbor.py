"""CBOR: the original's bytes out, everything that JSON could say in, and nothing else."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapi.codec.builtin import codec_for
from miniapi.codec.cbor import SELF_DESCRIBED, CborCodec
from miniapi.codec.interface import DecodeError
from miniapi.codec.negotiate import Shape, negotiate
from miniapi.errors import ApiError

CODEC = CborCodec()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # A text that cannot be encoded cannot come from JSON either.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def read(data: bytes) -> Any:
    return CODEC.decode(data, None).obj


@given(VALUES)
def test_what_json_can_say_comes_back(value: Any) -> None:
    assert read(CODEC.encode({"a": value})) == {"a": value}


def test_what_is_longer_than_a_buffer_comes_back() -> None:
    long = {"a": ["x" * 5000, {"b": list(range(3000))}]}
    assert read(CODEC.encode(long)) == long


def test_text_is_written_as_bytes_with_the_shorter_keys_first() -> None:
    assert CODEC.encode({"kind": "A", "b": 1, "a": -25}) == SELF_DESCRIBED + b"\xa3Aa\x38\x18Ab\x01DkindAA"


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (1.5, b"\xf9\x3e\x00"),
        (100000.5, b"\xfa" + struct.pack(">f", 100000.5)),
        (0.1, b"\xfb" + struct.pack(">d", 0.1)),
    ],
)
def test_floats_take_the_fewest_bytes_that_keep_them(number: float, data: bytes) -> None:
    assert CODEC.encode({"a": number}) == SELF_DESCRIBED + b"\xa1Aa" + data


def test_a_frame_is_a_watch_event_around_the_encoded_object() -> None:
    frame = CODEC.frame("ADDED", CODEC.encode({"kind": "A"}))
    assert read(frame) == {"type": "ADDED", "object": {"kind": "A"}}
    assert frame.count(SELF_DESCRIBED) == 2


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xa1aa\x01", {"a": 1}),
        (b"\xbfAa\x9f\x01\x02\xff\xff", {"a": [1, 2]}),
        (b"\xa1Aa\x5fAbAc\xff", {"a": "bc"}),
        (b"\xa1Aa\xd6B\x00\x01", {"a": "AAE="}),
        (b"\xa1Aa\xc0t2004-01-01T00:00:00Z", {"a": "2004-01-01T00:00:00Z"}),
        (b"\xa1Aa\xc1\x01", {"a": 1}),
        (b"\xa1Aa\xd9\x01\x02\x81\x01", {"a": [1]}),
        (b"\xa1Aa\xd8\x1c\x80", {"a": []}),
        (b"\xa1Aa\xd9\xff\xfe\xa0", {"a": {}}),
    ],
)
def test_other_writers_forms_are_read(data: bytes, value: Any) -> None:
    assert read(data) == value


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "EOF"),
        (b"\xa1Aa", "unexpected EOF"),
        (b"\xa2Aa\x01Aa\x02", "cbor: error decoding map: Duplicate map key"),
        (b"\xa2Aa\x01aa\x02", 'cbor: found duplicate map key "a" at map element index 1'),
        (b"\xa1\x01\x02", "cannot unmarshal int"),
        (b"\xa1Aa\xf7", "undefined"),
        (b"\xa1Aa\xf0", "simple value"),
        (b"\xa1Aa\xff", "break code"),
        (b"\xa1Aa\xf9\x7e\x00", "NaN"),
        (b"\xa1Aa\xc2A\x01", "bignum"),
        (b"\xa1Aa\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "overflows"),
        (b"\xa1Aaa\xff", "error decoding text string"),
        (b"\xa0\x00", "1 bytes of extraneous data starting at index 1"),
        (b"\x81" * 5000 + b"\x00", "nesting depth .400. exceeded"),
    ],
)
def test_what_is_no_object_is_told(data: bytes, complaint: str) -> None:
    with pytest.raises(DecodeError, match=complaint):
        read(data)


def test_without_the_gate_nobody_speaks_it() -> None:
    with pytest.raises(ApiError, match="only the following media types are accepted: .*protobuf$"):
        negotiate("application/cbor", ())
    with pytest.raises(ApiError, match="accepted media types include: .*protobuf$"):
        codec_for("application/cbor")


@pytest.mark.parametrize("shape", ["object", "list", "watch", "document"])
def test_with_the_gate_it_is_one_more_media_type(shape: Shape) -> None:
    assert negotiate("application/cbor", (), cbor=True, shape=shape).media_type == "application/cbor"
    assert codec_for("application/cbor", cbor=True).media_type == "application/cbor"
    with pytest.raises(ApiError, match="protobuf, application/cbor$"):
        negotiate("text/html", (), cbor=True, shape=shape)
    with pytest.raises(ApiError, match="stream=watch, application/cbor-seq$"):
        negotiate("application/yaml", (), cbor=True, shape="watch")
