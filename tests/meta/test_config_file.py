from __future__ import annotations

from pathlib import Path

import pytest

from miniapi.meta.config_file import BadConfigFile, read_object


def test_a_file_holds_one_object(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("kind: Policy\nrules: [1]\n")
    assert read_object(file) == {"kind": "Policy", "rules": [1]}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x00kind", "it is not YAML"),
        (b"a: [", "it is not YAML"),
        (b"a: 2026-99-99", "it is not YAML"),
        (b"- a\n", "it holds no object"),
        (b"", "it holds no object"),
    ],
)
def test_anything_else_is_told_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "f"
    file.write_bytes(content)
    with pytest.raises(BadConfigFile, match=f"^{why}") as told:
        read_object(file)
    assert "\n" not in str(told.value)
