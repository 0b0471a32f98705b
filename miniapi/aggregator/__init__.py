"""The first server of the chain: API services, and what they pass on. Thin so far: it serves no API of another server."""
