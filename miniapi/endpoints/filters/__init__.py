"""One file per filter, each a factory of a `Filter`; `endpoints/chain.py` puts them in order."""
