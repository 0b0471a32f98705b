"""`python -m miniapi`, and the console scripts `miniapi` and `kube-apiserver`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs `miniapi`, exits."""
    _hold_garbage()
    from miniapi import cli

    sys.exit(cli.main())


def kube_apiserver() -> None:
    """Runs `kube-apiserver`, exits."""
    _hold_garbage()
    from miniapi import cli

    sys.exit(cli.kube_apiserver())


def _hold_garbage() -> None:
    # A start makes much and drops little: looking for garbage takes a sixth of its time. A server that is ready
    # looks for it again, other commands are over by then.
    gc.disable()


if __name__ == "__main__":
    main()
