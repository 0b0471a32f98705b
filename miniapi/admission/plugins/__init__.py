"""One file per admission plugin, under the name that the flags know; plugins do not know each other."""
