"""Bytes under keys with one revision counter: the seam, and the stores behind it.

Nothing here knows what an object is, nor what is asked of it.
"""
