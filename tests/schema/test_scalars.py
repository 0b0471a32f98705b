"""Times, bytes and quantities in Go's words."""

import pytest

from miniapi.schema import scalars
from miniapi.schema.scalars import ConvertError


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024-02-29T01:02:03Z", "2024-02-29T01:02:03Z"),
        ("2024-02-29T01:02:03.999+02:00", "2024-02-28T23:02:03Z"),
        ("2024-02-29T01:02:03,5-00:30", "2024-02-29T01:32:03Z"),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times_are_written_in_whole_seconds_of_utc(text: str, written: str | None) -> None:
    assert scalars.time(text) == written


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("yesterday", ' as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'),
        ("", ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'),
        ("2024-01-02 10:00:00Z", ' as "2006-01-02T15:04:05Z07:00": cannot parse " 10:00:00Z" as "T"'),
        ("2024-1-02T10:00:00Z", ' as "2006-01-02T15:04:05Z07:00": cannot parse "1-02T10:00:00Z" as "01"'),
        ("2024-01-02T10:00:00", ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'),
        ("2024-13-01T00:00:00Z", ": month out of range"),
        ("2023-02-29T00:00:00Z", ": day out of range"),
        ("2023-02-28T24:00:00Z", ": hour out of range"),
        ("2023-02-28T20:00:00Zulu", ': extra text: "ulu"'),
    ],
)
def test_a_bad_time_says_what_could_not_be_parsed(text: str, complaint: str) -> None:
    with pytest.raises(ConvertError) as caught:
        scalars.time(text)
    assert str(caught.value) == f'parsing time "{text}"{complaint}'


def test_micro_times_have_six_fraction_digits() -> None:
    assert scalars.micro_time("2024-01-02T03:04:05.000006+01:00") == "2024-01-02T02:04:05.000006Z"
    with pytest.raises(ConvertError, match=r'cannot parse "\.123Z" as "\.000000"'):
        scalars.micro_time("2024-01-02T03:04:05.123Z")
    with pytest.raises(ConvertError, match=r'cannot parse "Z" as "\.000000"'):
        scalars.micro_time("2024-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("text", "position"),
    [("not base64!", 3), ("a", 0), ("YQ=", 3), ("YWI=x", 4), ("Y=Q=", 1), ("YWJjZ", 4), ("é===", 0)],
)
def test_bad_base64_names_the_byte(text: str, position: int) -> None:
    with pytest.raises(ConvertError, match=f"^illegal base64 data at input byte {position}$"):
        scalars.base64(text)


def test_line_ends_in_base64_are_skipped() -> None:
    assert scalars.base64("YW\nJj\r\n") == "YWJj"


def test_a_bad_quantity_tells_the_expression() -> None:
    with pytest.raises(ConvertError, match="quantities must match the regular expression"):
        scalars.quantity("ten")
