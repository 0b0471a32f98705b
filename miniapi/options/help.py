"""--help: the flags by section, two columns where there is room, one below the other where there is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from miniapi.options.flags import Flag

TWO_COLUMNS_FROM = 110
NAME_WIDTH = 50


def show_flags(usage: str, flags: Iterable[Flag], order: Iterable[str]) -> None:
    """On standard output; `order` is that of the sections, those that it lacks come last."""
    console = Console(highlight=False)
    sections: dict[str, list[Flag]] = {title: [] for title in order}
    for flag in flags:
        sections.setdefault(flag.section, []).append(flag)
    console.print(Text.assemble(("usage: ", "dim"), (usage, "bold")))
    wide = console.width >= TWO_COLUMNS_FROM
    for title, listed in sections.items():
        if listed:
            rows = [_row(flag, wide) for flag in sorted(listed, key=lambda f: f.name)]
            console.print(Text.assemble("\n", (title, "bold cyan")))
            console.print(_grid(rows) if wide else Group(*(part for row in rows for part in row)))
    console.print("\nFurther flags of kube-apiserver are known, and refused by name until they are built.", style="dim")


def _grid(rows: Iterable[tuple[RenderableType, ...]]) -> Padding:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=NAME_WIDTH)
    grid.add_column()
    for row in rows:
        grid.add_row(*row)
    return _indented(grid, 2)


def _indented(part: RenderableType, columns: int) -> Padding:
    return Padding(part, (0, 0, 0, columns), expand=False)


def _row(flag: Flag, wide: bool) -> tuple[RenderableType, ...]:
    takes = "" if flag.kind == "bool" else f" {flag.kind}"
    name = Text.assemble((f"--{flag.name}", "green"), (takes, "dim"))
    text = Text(flag.help)
    shown = _shown(flag.default)
    if shown:
        text.append(f" (default {shown})", "dim")
    return (name, text) if wide else (_indented(name, 2), _indented(text, 8))


def _shown(default: Any) -> str:
    """Empty for what needs no saying."""
    if default in (None, "", [], {}, False, 0):
        return ""
    if isinstance(default, list):
        return ",".join(str(d) for d in default)
    if isinstance(default, bool):
        return "true"
    return f"{default:g}s" if isinstance(default, float) else str(default)
