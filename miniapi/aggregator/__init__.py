"""The first server of the chain: which group and version is served here, which by somebody else, and are they up.

What belongs here speaks of APIServices; the resources themselves are the delegates' business.
"""
