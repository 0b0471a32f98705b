"""What strategic patches say of lists and directives that are none."""

import pytest

from miniapi.errors import ApiError
from miniapi.patch.element_order import element_kind
from miniapi.patch.go_format import text


@pytest.mark.parametrize(("directive", "told"), [(5, "%!s(int64=5)"), (True, "%!s(bool=true)"), (None, "%!s(<nil>)")])
def test_a_directive_that_is_no_text_is_told_with_its_type(directive, told):
    assert text(directive) == told
    assert text({"a": [directive, "b"]}) == f"map[a:[{told} b]]"


def test_the_first_item_says_what_a_list_is_of():
    with pytest.raises(ApiError) as raised:
        element_kind([{"name": "c"}], [["x"]])
    assert (raised.value.code, raised.value.message) == (
        500,
        "list element types are not identical: [[map[name:c]] [[x]]]",
    )
    with pytest.raises(ApiError) as raised:
        element_kind([["x"]], [{"name": "c"}])
    assert raised.value.code == 422
