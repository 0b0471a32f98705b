"""What a node may write: rules of the plugin NodeRestriction, by what is written."""
