"""The first server of the chain: API services. Thin so far: it passes nothing on to another server."""
