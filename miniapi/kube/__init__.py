"""The middle server: the built-in kinds, and what a fresh server holds."""
