"""Admission: the plugins that change and judge writes, and the chain that runs them in order."""
