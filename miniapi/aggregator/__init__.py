"""TODO-DOC aggregator."""
