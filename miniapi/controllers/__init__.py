"""TODO-DOC controllers."""
