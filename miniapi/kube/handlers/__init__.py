"""Built-in resources and subresources that are not plain storage, one file each.

`builtin.py` is the literal table. What writes do beside the store is a hook, not a handler.
"""
