"""TODO-DOC audit."""
