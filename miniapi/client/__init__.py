"""Speaking to a Kubernetes API server, this one or any other, and following what it holds.

What belongs here asks a `Transport`; who answers is no concern of it. This package alone is also a library for
others, so it names what they use.
"""

from miniapi.client.client import APPLY, JSON_PATCH, MERGE, STRATEGIC, Client
from miniapi.client.clientset import Clientset, ResourceClient
from miniapi.client.config import ClientConfig, ConfigError, from_kubeconfig, in_cluster
from miniapi.client.informers import SharedInformer, SharedInformerFactory
from miniapi.client.listener import Tombstone
from miniapi.errors import ApiError

__all__ = [
    "APPLY",
    "JSON_PATCH",
    "MERGE",
    "STRATEGIC",
    "ApiError",
    "Client",
    "ClientConfig",
    "Clientset",
    "ConfigError",
    "ResourceClient",
    "SharedInformer",
    "SharedInformerFactory",
    "Tombstone",
    "from_kubeconfig",
    "in_cluster",
]
