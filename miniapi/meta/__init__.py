"""What every part of the server knows of objects: names of types, names, selectors, quantities, users, request paths.

Pure values and functions; nothing here reads, stores or serves.
"""
