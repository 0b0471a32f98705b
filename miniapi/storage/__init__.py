"""Bytes under keys with one revision counter: the seam (`interface`), and the stores behind it.

Here belong the stores, what they share (`index` and the parts it is made of), and what lies between a
store and its medium: encryption, key layout, snapshots, the factory. Nothing here knows what an object
is, nor what is asked of it.
"""
