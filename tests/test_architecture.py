import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "miniapi"
FILES = [p for p in PACKAGE.rglob("*.py") if "generated" not in p.parts]
BANNED = {"utils", "helpers", "common", "misc"}
MOST_LINES = 450


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_and_stays_short(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert not docstring.startswith("TODO")
    assert path.stem not in BANNED
    assert text.count("\n") <= MOST_LINES


def test_only_named_files_know_the_http_library() -> None:
    knowing = {
        str(p.relative_to(PACKAGE))
        for p in FILES
        if any(line.strip().startswith(("import aiohttp", "from aiohttp")) for line in p.read_text().splitlines())
    }
    assert knowing <= {"server/serving.py", "server/responses.py", "client/outbound.py"}
