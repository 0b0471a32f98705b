"""Feature gates: known by name, taken where they say how miniapi behaves."""

from miniapi.features.gates import gates, problems


def test_the_table_holds_the_release_s_gates():
    known = gates()
    assert known["AllAlpha"].stage == "ALPHA"
    assert known["APIServerTracing"].locked
    assert all(g.stage in ("", "ALPHA", "BETA", "DEPRECATED") for g in known.values())


def test_what_is_so_anyway_is_taken():
    assert list(problems({"APIServerTracing": "true", "AllAlpha": "false"})) == []


def test_each_other_gate_is_told():
    told = list(problems({"APIServerTracin": "true", "APIServerTracing": "false", "AllAlpha": "true", "AllBeta": "x"}))
    assert [t.partition(": ")[2] for t in told] == [
        "unrecognized feature gate: APIServerTracin; did you mean APIServerTracing?",
        "cannot set feature gate APIServerTracing to false, feature is locked to true",
        "AllAlpha=true is known to kube-apiserver, not built yet; it is false here",
        "invalid value of AllBeta: x; use true or false",
    ]
