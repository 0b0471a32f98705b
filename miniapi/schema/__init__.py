"""TODO-DOC schema."""
