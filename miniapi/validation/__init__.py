"""TODO-DOC validation."""
