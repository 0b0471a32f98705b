"""What is decided between the options of several packages."""

import pytest
from multidict import CIMultiDict

from miniapi.bootstrap import build
from miniapi.options.server import ServerDefaults, compose
from miniapi.wire import Request, no_body


@pytest.mark.parametrize(("modes", "code"), [(["RBAC"], 403), (["RBAC", "AlwaysAllow"], 401)])
async def test_nobody_is_anonymous_where_everything_is_allowed(tmp_path, modes, code):
    values = {"etcd-servers": ["memory://"], "data-dir": str(tmp_path), "secure-port": 0, "authorization-mode": modes}
    options, problems = compose(values, ServerDefaults.MINIAPI)
    assert problems == []
    server = build(options)
    try:
        reply = await server.handler.serve(Request("GET", "/api/v1/pods", "", CIMultiDict(), no_body))
        assert reply.status == code
    finally:
        server.config.serving.listener.close()
        await server.storage.close()
