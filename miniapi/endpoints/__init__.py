"""From a parsed request to an answer: filters, dispatch and one file per verb.

Knows nothing of sockets (`server`) nor of how bytes are stored (`storage`).
"""
