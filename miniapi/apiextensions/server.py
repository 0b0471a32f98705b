"""The last server of the chain: requests for custom objects (apiextensions-apiserver's crdHandler)."""

from __future__ import annotations

from dataclasses import dataclass

from miniapi import errors
from miniapi.admission.chain import AdmissionChain
from miniapi.apiextensions.controller import DefinitionController
from miniapi.apiextensions.openapi_documents import CustomOpenApi
from miniapi.apiextensions.scopes import Definition, World
from miniapi.apiextensions.served import Served
from miniapi.apiextensions.webhook_conversion import Caller
from miniapi.clock import Clock
from miniapi.endpoints import dispatch
from miniapi.endpoints.context import Context
from miniapi.endpoints.scope import Scope
from miniapi.meta.request_info import RequestInfo
from miniapi.registry.rest_options import RestOptions
from miniapi.server.config import GenericConfig
from miniapi.wire import Reply

GROUP = "apiextensions.k8s.io"
_ACROSS_NAMESPACES = ("list", "watch")
_SUBRESOURCE_VERBS = ("get", "update", "patch")


@dataclass(frozen=True, slots=True)
class ApiExtensionsServer:
    """Serves what definitions define, and keeps the status of the definitions."""

    served: Served
    openapi: CustomOpenApi
    controller: DefinitionController

    async def serve(self, context: Context) -> Reply | None:
        """None for what no definition defines."""
        info = context.info
        if not info.resource_request:
            return None
        definition = self.served.find(info.group, info.resource)
        if definition is None or not _in_scope(definition, info) or not definition.served(info.version):
            return None
        main = definition.main(info.version)
        if main.kind.deprecated:
            context.warn(main.kind.deprecated)
        scope = definition.subresource(info.version, info.subresource) if info.subresource else main
        if scope is None:
            raise errors.not_found(info.resource, info.group, info.name)
        if not _has_verb(scope, info.verb):
            raise errors.method_not_supported(info.resource, info.group, info.verb)
        return await dispatch.serve(context, scope)


def _in_scope(definition: Definition, info: RequestInfo) -> bool:
    """Whether the request's path is one of the definition's, namespaced or not."""
    namespaced = definition.resource.namespaced
    if info.namespace:
        return namespaced
    return not namespaced or info.verb in _ACROSS_NAMESPACES


def _has_verb(scope: Scope, verb: str) -> bool:
    return verb in (_SUBRESOURCE_VERBS if scope.subresource else dispatch.VERBS)


def apiextensions_server(
    config: GenericConfig, rest_options: RestOptions, admission: AdmissionChain, webhooks: Caller, clock: Clock
) -> ApiExtensionsServer:
    """Built, not running: the controller is the server's to run."""
    seconds = config.options.min_request_timeout_seconds
    world = World(rest_options.of, rest_options.schemas, admission, clock, webhooks, seconds)
    informer = config.informers.informer(GROUP, "v1", "customresourcedefinitions")
    served = Served(informer, lambda crd: Definition(crd, world))
    return ApiExtensionsServer(
        served, CustomOpenApi(served), DefinitionController(config.client, informer, rest_options.of, clock)
    )
