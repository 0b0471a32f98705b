"""TODO-DOC codec."""
