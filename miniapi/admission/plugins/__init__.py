"""TODO-DOC admission/plugins."""
