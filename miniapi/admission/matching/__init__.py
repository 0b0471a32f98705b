"""Whether a write is one that a webhook or policy means: rules, names, namespaces, labels, equivalent versions."""
