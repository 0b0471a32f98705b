"""How a kind's table cells are made (pkg/printers/internalversion): object and time in, cells out."""
