"""TODO-DOC endpoints."""
