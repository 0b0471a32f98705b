"""What every one of the three servers is made of: serving, paths, resources, health, lifecycle.

What is served belongs to `kube`, `apiextensions` and `aggregator`.
"""
