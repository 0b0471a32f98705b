"""TODO-DOC kube."""
