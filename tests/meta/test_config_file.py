from __future__ import annotations

from pathlib import Path

import pytest

from miniapi.meta.config_file import BadConfigFile, read_configuration, read_object


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


def test_a_configuration_is_of_the_kind_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("apiVersion: config/v1beta1\nkind: Policy\n")
    assert read_configuration(file, "Policy", ("config/v1", "config/v1beta1"))["kind"] == "Policy"
    for kind, versions in (("Other", ["config/v1beta1"]), ("Policy", ["config/v1"])):
        with pytest.raises(BadConfigFile, match=f"^it must be of apiVersion {versions[0]} and kind {kind}$"):
            read_configuration(file, kind, versions)


def test_a_configuration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfigFile, match=r"^it cannot be read: No such file or directory$"):
        read_configuration(tmp_path / "none", "Policy", ["config/v1"])
