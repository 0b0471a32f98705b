"""TODO-DOC authz."""
