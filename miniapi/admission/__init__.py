"""TODO-DOC admission."""
