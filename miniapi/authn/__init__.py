"""TODO-DOC authn."""
