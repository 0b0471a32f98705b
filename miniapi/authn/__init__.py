"""Authentication: one file per way of proving who one is, and their union."""
