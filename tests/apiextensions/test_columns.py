"""JSON paths and the cells of custom tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from miniapi.apiextensions.columns import printer
from miniapi.apiextensions.json_path import compile_path

OBJ = {
    "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"i": 3, "f": 1.5, "b": False, "l": ["p", "q"], "m": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]},
}


def now() -> datetime:
    return datetime(2026, 1, 1, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.i", [3]),
        (".spec.l[0]", ["p"]),
        (".spec.l[-1]", ["q"]),
        (".spec.l[0:1]", ["p"]),
        (".spec.l[*]", ["p", "q"]),
        ('.spec.m[?(@.k=="y")].v', [2]),
        (".spec.m[?(@.v>1)].k", ["y"]),
        (".spec['i']", [3]),
        ("..v", [1, 2]),
        (".spec.none.deep", []),
    ],
)
def test_paths_find_what_client_go_finds(path: str, found: list[Any]) -> None:
    assert compile_path(path)(OBJ) == found


def cells(*columns: tuple[str, str]) -> Any:
    shown = printer([{"name": "c", "type": t, "jsonPath": p} for t, p in columns], now)
    return shown.table([OBJ], {}, "v1")["rows"][0]["cells"][1:]


def test_cells_have_the_type_of_their_column() -> None:
    assert cells(("integer", ".spec.i"), ("number", ".spec.i"), ("boolean", ".spec.b")) == [3, 3.0, False]
    assert cells(("string", ".spec.b"), ("string", ".spec.f"), ("string", ".spec.l")) == ["false", "1.5", '["p","q"]']
    assert cells(("date", ".metadata.creationTimestamp"), ("date", ".spec.l[0]")) == ["5m", "<invalid>"]


def test_values_of_another_type_are_not_shown() -> None:
    assert cells(("integer", ".spec.l[0]"), ("boolean", ".spec.i"), ("string", ".spec.none")) == [None, None, None]


def test_the_age_is_shown_where_no_column_is_named() -> None:
    assert [c["name"] for c in printer([], now).columns] == ["Name", "Age"]


def test_a_number_is_written_as_go_writes_a_float() -> None:
    assert [repr(cell) for cell in cells(("number", ".spec.i"), ("number", ".spec.f"))] == ["3", "1.5"]
