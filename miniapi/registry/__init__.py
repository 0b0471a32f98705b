"""TODO-DOC registry."""
