"""TODO-DOC endpoints/filters."""
