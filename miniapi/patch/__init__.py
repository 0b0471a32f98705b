"""TODO-DOC patch."""
