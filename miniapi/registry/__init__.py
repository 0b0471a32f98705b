"""Objects over a store: keys, encoding, consistent reads, guaranteed updates, deletion.

What belongs here speaks of objects and revisions; HTTP is `endpoints`, bytes and keys are `storage`.
"""
