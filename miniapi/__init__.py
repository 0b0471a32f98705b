"""miniapi: a Kubernetes API server in Python, for developing without a cluster."""

__version__ = "0.1.0"
