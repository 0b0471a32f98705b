from __future__ import annotations

from base64 import b64encode

import pytest

from miniapi.validation.secret import create


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (b'{"auths":{}}', ""),
        (b"null", ""),
        (b'{"auths":"\xff"}', ""),
        (b"", "unexpected end of JSON input"),
        (b"{", "unexpected end of JSON input"),
        (b"\xff", "invalid character 'ÿ' looking for beginning of value"),
        (b"\xc3\x28", "invalid character 'Ã' looking for beginning of value"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ],
)
def test_docker_configs_are_read_as_go_reads_json(config: bytes, complaint: str) -> None:
    data = {".dockerconfigjson": b64encode(config).decode()}
    errors = create({"metadata": {"name": "a"}, "type": "kubernetes.io/dockerconfigjson", "data": data})
    assert [e.message.rpartition('redacted>": ')[2] for e in errors] == ([complaint] if complaint else [])
