"""How a patched map becomes typed where the decoder would refuse it."""

import pytest

from miniapi.patch.restore import Misfit, restored
from miniapi.schema.model import Field, Schema

SPEC = Schema(
    "object",
    fields={
        "count": Field("count", Schema("integer", "int32")),
        "type": Field("type", Schema("string", go_type="v1.ServiceType")),
        "on": Field("on", Schema("boolean")),
        "tags": Field("tags", Schema("map", values=Schema("string"))),
        "list": Field("list", Schema("array", items=Schema("string"))),
        "key": Field("key", Schema("string", "byte")),
        "since": Field("since", Schema("string", "date-time")),
    },
)


@pytest.mark.parametrize(
    ("given", "kept"), [(3.0, 3), (99999999999, 1215752191), (2**31, -(2**31)), (-1, -1), (None, None)]
)
def test_numbers_are_brought_to_the_width_of_their_field(given, kept):
    assert restored({"count": given}, SPEC) == {"count": kept}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "cannot restore struct from: string"),
        ({"since": 5}, "json: cannot unmarshal number into Go value of type string"),
        ({"since": {}}, "json: cannot unmarshal object into Go value of type string"),
        ({"count": 1.5}, "cannot convert float64 to int32"),
        ({"count": "many"}, "unrecognized type: int32"),
        ({"type": 5}, "cannot convert int64 to v1.ServiceType"),
        ({"type": True}, "unrecognized type: string"),
        ({"on": 1}, "unrecognized type: bool"),
        ({"tags": ["a"]}, "cannot restore map from slice"),
        ({"tags": {"a": 5}}, "cannot convert int64 to string"),
        ({"key": "?"}, "error decoding from json: illegal base64 data at input byte 0"),
        ({"key": 5}, "cannot restore slice from int64"),
        ({"list": {"name": "c"}}, "cannot restore slice from map"),
    ],
)
def test_what_no_field_can_hold_is_told_in_the_words_of_the_converter(value, message):
    with pytest.raises(Misfit, match=f"^{message}$"):
        restored(value, SPEC)


def test_what_has_a_form_of_its_own_and_what_is_not_described_is_left_to_the_decoder():
    assert restored({"since": "x", "other": 1.5}, SPEC) == {"since": "x", "other": 1.5}
