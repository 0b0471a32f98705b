"""TODO-DOC endpoints/verbs."""
