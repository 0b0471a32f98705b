"""--authorization-mode."""

from miniapi.authz.options import AuthorizationOptions


def test_modes_unknown_named_twice_or_without_their_file_are_refused():
    assert AuthorizationOptions().validate() == []
    told = "\n".join(AuthorizationOptions(["RBAC", "RBAC", "Webhook", "Nonsense"]).validate())
    assert "RBAC is named twice" in told
    assert "Webhook needs --authorization-webhook-config-file" in told
    assert "Nonsense is not a mode" in told
    assert AuthorizationOptions([]).validate()
