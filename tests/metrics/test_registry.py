from miniapi.metrics.family import Distribution, Family
from miniapi.metrics.registry import Registry


async def families():
    things = Family("things_total", "counter", "Things.", ("kind",))
    things.count(("a",))
    things.count(("a",), 2)
    level = Family("level", "gauge", "Level.")
    level.values[()] = 1.5
    seconds = Family("seconds", "histogram", "Time.", ("kind",))
    distribution = Distribution((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7):
        distribution.observe(value)
    seconds.merge(("b",), distribution)
    return [things, level, seconds]


async def test_families_are_told_in_prometheus_form():
    registry = Registry()
    registry.add(families)
    lines = (await registry.render()).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "level 1.5",
        'seconds_bucket{kind="b",le="0.1"} 2.0',
        'seconds_bucket{kind="b",le="1"} 3.0',
        'seconds_bucket{kind="b",le="+Inf"} 4.0',
        'seconds_count{kind="b"} 4.0',
        'seconds_sum{kind="b"} 7.65',
        'things_total{kind="a"} 3.0',
    ]
    assert "# TYPE things_total counter" in lines


async def test_what_is_disabled_is_left_out():
    registry = Registry(["level"])
    registry.add(families)
    assert b"level" not in await registry.render()


def test_coarser_buckets_hold_the_same_observations():
    fine = Distribution((1, 2, 4))
    for value in (1, 2, 3, 9):
        fine.observe(value)
    assert fine.coarser((2,)).counts == [2, 2]
    assert fine.coarser((2,)).sum == 15
