"""What a started server says of itself: a summary for people on a terminal, a log line for everybody else."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TextIO

log = logging.getLogger("miniapi.server")


@dataclass(frozen=True, slots=True)
class Summary:
    """Where the server is, and how to use it."""

    endpoint: str
    store: str
    kubeconfig: str
    """Path; empty where none was written."""
    seconds: float
    """From the start of the process to ready."""


def announce(summary: Summary, out: TextIO) -> None:
    """On `out` where that is a terminal, else in the log."""
    if out.isatty():
        _show(summary, out)
        return
    told = {"endpoint": summary.endpoint, "store": summary.store, "kubeconfig": summary.kubeconfig}
    log.info("miniapi is ready", extra={"fields": {**told, "seconds": round(summary.seconds, 3)}})


def _show(summary: Summary, out: TextIO) -> None:
    # Only now, since the library takes a quarter of the time that the whole start takes.
    from rich.console import Console, Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("endpoint", Text(summary.endpoint, style="bold cyan"))
    facts.add_row("store", summary.store)
    lines = [facts]
    if summary.kubeconfig:
        facts.add_row("kubeconfig", summary.kubeconfig)
        use = Table.grid(padding=(0, 2))
        use.add_column(style="dim", no_wrap=True)
        use.add_column(overflow="fold")
        use.add_row("use it", Text(f"export KUBECONFIG={summary.kubeconfig}", style="green"))
        use.add_row("", Text("kubectl get namespaces", style="green"))
        lines += [Table.grid(), use]
    title = Text.assemble(("miniapi", "bold"), f" is ready after {summary.seconds:.2f} s")
    console = Console(file=out, highlight=False)
    console.print(Panel(Group(*lines), title=title, title_align="left", subtitle="Ctrl-C stops it", padding=(1, 2)))
