"""TODO-DOC apiextensions."""
