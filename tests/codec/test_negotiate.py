"""Accept headers: who wins, what is transformed, what is refused."""

import pytest

from miniapi.codec.negotiate import negotiate, negotiate_error
from miniapi.errors import ApiError
from miniapi.wire import JSON, PROTOBUF, YAML

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("accept", "media_type", "as_kind"),
    [
        ("", JSON, ""),
        ("*/*", JSON, ""),
        ("application/yaml;q=0.4,application/json;q=0.5", JSON, ""),
        ("*/*,application/yaml", YAML, ""),
        ("application/json;q=0", JSON, ""),
        (f"{TABLE},application/json", JSON, "Table"),
        (f"application/json;as=Table;v=v9;g=meta.k8s.io,{PROTOBUF}", PROTOBUF, ""),
        (f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io,application/yaml", YAML, ""),
    ],
)
def test_the_first_clause_that_can_be_answered_is(accept, media_type, as_kind):
    chosen = negotiate(accept, ())
    assert (chosen.media_type, chosen.as_kind) == (media_type, as_kind)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;as=Foo;v=v1;g=meta.k8s.io", "application/json;sv=v1"]
)
def test_what_cannot_be_answered_is_refused_without_details(accept):
    with pytest.raises(ApiError) as raised:
        negotiate(accept, ())
    assert raised.value.code == 406
    assert "details" not in raised.value.status()


def test_a_watch_in_yaml_is_refused_even_where_json_would_do():
    with pytest.raises(ApiError) as raised:
        negotiate("application/yaml,application/json", (), shape="watch")
    assert "application/json;stream=watch" in raised.value.message


def test_errors_are_never_tables():
    assert negotiate_error(TABLE, ()) is None
    chosen = negotiate_error(f"{TABLE},application/yaml", ())
    assert chosen is not None
    assert chosen.media_type == YAML


@pytest.mark.parametrize(("value", "agent", "pretty"), [("1", "", True), ("0", "curl/8", False), ("", "curl/8", True)])
def test_people_get_indented_json_unless_they_say_no(value, agent, pretty):
    assert negotiate("*/*", (("pretty", value),), user_agent=agent).pretty is pretty


def test_what_has_no_tables_is_not_acceptable_as_one():
    assert negotiate(f"{TABLE},application/json", (), tables=False).as_kind == ""
    with pytest.raises(ApiError) as caught:
        negotiate(TABLE, (), tables=False)
    assert caught.value.code == 406
