"""What each kind does differently when it is written: pure functions, gathered in one value per kind."""
