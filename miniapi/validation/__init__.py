"""What objects must look like: pure functions from objects to field errors, a file per kind, shared rules beside them.

`builtin.py` is the table by (group, plural). Defaulting and preparation are strategies' matter; the types of
fields are the schema's.
"""
