"""How a change becomes an object, and who owns which field: pure functions over JSON-shaped values.

Here: JSON patch, merge patch, strategic merge patch, server-side apply with its managed fields.
Not here: request bodies and options, defaulting, admission, storage; no clock, no I/O.
"""
