"""TODO-DOC meta."""
