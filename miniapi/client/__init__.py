"""TODO-DOC client."""
