"""TODO-DOC kinds."""
