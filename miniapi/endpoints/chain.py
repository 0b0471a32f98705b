"""The filters in the order in which a request meets them, composed once at startup."""

from __future__ import annotations

from collections.abc import Sequence

from miniapi.endpoints.context import Filter, Handler


def compose(handler: Handler, filters: Sequence[Filter]) -> Handler:
    """The first filter is the outermost."""
    for wrap in reversed(filters):
        handler = wrap(handler)
    return handler
