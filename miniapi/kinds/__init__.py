"""Kinds as rows: what is built in, in which version, with which columns. How they are written is elsewhere."""
