"""Names are judged with the original's words."""

from __future__ import annotations

from miniapi.meta import names


def test_good_names_have_no_complaints() -> None:
    assert names.dns_label("a-1") == []
    assert names.dns_subdomain("a.b-c.d") == []
    assert names.dns_1035_label("a1") == []
    assert names.qualified_name("Example.com/x") != []
    assert names.qualified_name("example.com/My.Name_1") == []
    assert names.label_value("") == []
    assert names.port_name("http-2") == []
    assert names.name_is_dns_label("abc-", True) == []


def test_a_trailing_newline_is_not_overlooked() -> None:
    assert names.dns_label("a\n")
    assert names.label_value("a\n")


def test_dots_in_a_label_are_named() -> None:
    assert names.dns_label("a.b") == ["must not contain dots"]


def test_lengths_are_in_characters_for_names_and_bytes_for_labels() -> None:
    assert names.dns_label("a" * 64) == ["must be no more than 63 characters"]
    assert names.label_value("a" * 64) == ["must be no more than 63 bytes"]
    assert names.qualified_name("a" * 64) == ["name part must be no more than 63 bytes"]


def test_a_regex_complaint_shows_examples() -> None:
    assert names.dns_label("A") == [
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    ]


def test_path_segments_refuse_slash_and_dots() -> None:
    assert names.path_segment("a/b") == ["may not contain '/'"]
    assert names.path_segment("..") == ["may not be '..'"]
    assert names.path_segment("System:Any Thing") == []


def test_port_names_collect_every_complaint() -> None:
    assert names.port_name("-1--") == [
        "must contain at least one letter (a-z)",
        "must not contain consecutive hyphens",
        "must not begin or end with a hyphen",
    ]
