"""TODO-DOC server."""
