"""Each mistake in the flags is told, with its fix."""

import pytest

from miniapi.authn.builtin import BadAuthentication, build
from miniapi.authn.options import AuthenticationOptions


def test_defaults_are_in_order_and_have_an_issuer():
    options = AuthenticationOptions()
    assert options.validate() == []
    assert options.effective_audiences() == ("https://kubernetes.default.svc",)


def test_all_mistakes_are_told_at_once():
    options = AuthenticationOptions(
        token_file="/nowhere/a",
        issuers=["a:b c", "", "x", "x"],
        max_expiration_seconds=60,
        jwks_uri="http://x",
        request_header_group=["X-Group"],
        key_files=["/nowhere/b"],
    )
    told = "\n".join(options.validate())
    for flag in (
        "--token-auth-file: there is no file /nowhere/a",
        "--service-account-issuer: an issuer must not be empty",
        "--service-account-issuer: an issuer is named twice",
        "--service-account-max-token-expiration",
        "--service-account-jwks-uri",
        "--service-account-key-file",
        "--requestheader-group-headers",
    ):
        assert flag in told


def test_bad_files_are_named_with_their_flag(tmp_path):
    bad = tmp_path / "bad"
    bad.write_text("only one column\n")
    for options, flag in (
        (AuthenticationOptions(token_file=str(bad)), "--token-auth-file"),
        (AuthenticationOptions(signing_key_file=str(bad)), "--service-account-signing-key-file"),
        (
            AuthenticationOptions(request_header_ca_file=str(bad), request_header_username=["X"]),
            "--requestheader-client-ca-file",
        ),
    ):
        with pytest.raises(BadAuthentication, match=f"^{flag}: {bad}: "):
            build(options, tmp_path, (), None, "own")


async def test_build_makes_a_signing_key_and_keeps_it(tmp_path):
    built = build(AuthenticationOptions(), tmp_path, (), None, "own")
    first = (tmp_path / "sa.key").read_bytes()
    again = build(AuthenticationOptions(), tmp_path, (), None, "own")
    assert (tmp_path / "sa.key").read_bytes() == first
    assert built.keys.signing.public.key_id == again.keys.signing.public.key_id


def test_proxys_ca_must_be_one(tmp_path):
    path = tmp_path / "ca"
    path.write_text("no certificate")
    (told,) = AuthenticationOptions(request_header_ca_file=str(path), request_header_username=["X"]).validate()
    assert told == f"--requestheader-client-ca-file: {path} holds no certificate in PEM form"
