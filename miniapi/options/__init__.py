"""The command line: flags with kube-apiserver's names, composed from the options beside each package.

What a flag does belongs to the package whose dataclass names it; here they are only parsed and put together.
"""
