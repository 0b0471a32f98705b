"""How a kind's table cells are made (pkg/printers/internalversion): one function per kind, object and time in, cells out."""
