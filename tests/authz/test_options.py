"""--authorization-mode."""

from miniapi.authz.options import AuthorizationOptions


def test_modes_not_built_unknown_or_named_twice_are_refused():
    assert AuthorizationOptions().validate() == []
    told = "\n".join(AuthorizationOptions(["RBAC", "RBAC", "Webhook", "Nonsense"]).validate())
    assert "RBAC is named twice" in told
    assert "Webhook is not built yet" in told
    assert "Nonsense is not a mode" in told
    assert AuthorizationOptions([]).validate()
