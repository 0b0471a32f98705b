"""May this user do this: the modes of --authorization-mode, their union, and RBAC with all that belongs to it.

Who the user is (authn) and what an object may contain (admission, validation) do not belong here.
"""
