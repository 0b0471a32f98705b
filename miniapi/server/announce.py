"""What a started server says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Summary:
    """Where the server is, and how to use it."""

    endpoint: str
    store: str
    kubeconfig: str
    seconds: float
    """From start to ready."""


def announce(summary: Summary, out: TextIO) -> None:
    """Writes the summary for people."""
    out.write(
        f"miniapi is ready after {summary.seconds:.2f} s\n\n"
        f"  endpoint    {summary.endpoint}\n"
        f"  store       {summary.store}\n"
        f"  kubeconfig  {summary.kubeconfig}\n\n"
        f"  export KUBECONFIG={summary.kubeconfig}\n"
        "  kubectl get namespaces\n"
    )
    out.flush()
