"""TODO-DOC strategies."""
