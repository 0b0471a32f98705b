"""What discovery tells of servers that are away."""

from miniapi.aggregator.remote_kinds import RemoteKinds
from miniapi.endpoints.documents import aggregated


def test_a_place_without_kinds_is_told_of_until_nobody_is_said_to_serve_it() -> None:
    kinds = RemoteKinds()
    kinds.keep({("g.io", "v1")})
    before = kinds.changes
    kinds.keep({("g.io", "v1")})
    assert (list(kinds.places()), kinds.changes) == ([("g.io", "v1")], before)
    kinds.keep(set())
    assert (list(kinds.places()), kinds.changes) == ([], before + 1)


def test_a_version_without_kinds_is_stale() -> None:
    (item,) = aggregated({"g.io": {"v1": []}}, "v2")["items"]
    assert item["versions"] == [{"version": "v1", "freshness": "Stale"}]
