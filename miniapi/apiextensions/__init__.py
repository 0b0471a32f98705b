"""The last server of the chain: CustomResourceDefinitions and the objects that they define.

`definition` and `naming` are pure, `controller` writes what becomes of a definition into its status, `served` knows
which definitions are served now, and `scopes` makes of each version what the endpoints need.
"""
