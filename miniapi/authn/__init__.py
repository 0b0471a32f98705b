"""Who asks: one file per way of proving it, their union, and the server's own service account tokens.

What the user may do (authz), acting as somebody else (the impersonation filter) and the serving
certificate (server/certificates.py) do not belong here.
"""
