"""The last server of the chain: custom resources. Thin so far: definitions are stored, not served."""
