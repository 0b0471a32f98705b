"""Clients: the in-process transport, the pooled proxy transport, the clientset, shared informers.

What is here speaks to an API server; it never reads a store.
"""
