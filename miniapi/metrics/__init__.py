"""Metrics in Prometheus' form: what is counted says so here when it is scraped.

Counting itself lies beside what is counted, as plain integers; nothing here knows what the names mean.
"""
