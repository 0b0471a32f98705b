"""Feature gates: their names and stages in this release, and which of them can be set here.

What a gate switches belongs to the package that asks for it.
"""
