"""What a whole server tells of itself."""

from multidict import CIMultiDict

from miniapi.bootstrap import build
from miniapi.options.server import ServerDefaults, compose
from miniapi.wire import Peer, Request, no_body


async def test_stores_builds_features_and_the_process_are_told_of(tmp_path):
    values = {"data-dir": str(tmp_path), "secure-port": 0, "disabled-metrics": ["kubernetes_build_info"]}
    options, problems = compose(values, ServerDefaults.MINIAPI)
    assert problems == []
    server = build(options)
    try:
        await server.storage.start()
        peer = Peer(loopback=True)
        headers = CIMultiDict({"Authorization": f"Bearer {server.config.loopback_client_config.bearer_token}"})
        await server.handler.serve(Request("GET", "/api/v1/pods", "", headers, no_body, peer))
        reply = await server.handler.serve(Request("GET", "/metrics", "", headers, no_body, peer))
        assert (reply.status, reply.content_type.partition(";")[0]) == (200, "text/plain")
        lines = reply.body.decode().splitlines()
        named = {line.partition(" ")[0].partition("{")[0] for line in lines if not line.startswith("#")}
        assert {"apiserver_request_total", "apiserver_storage_objects", "kubernetes_feature_enabled"} <= named
        assert "process_resident_memory_bytes" in named
        assert "kubernetes_build_info" not in named
        (size,) = [
            line for line in lines if line.startswith('apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}')
        ]
        assert float(size.split()[-1]) > 0
    finally:
        server.config.serving.listener.close()
        await server.storage.close()
