"""Authorization: one file per mode, and their union."""
