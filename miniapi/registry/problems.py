"""From what a store raises to what a client is told."""

from __future__ import annotations

from miniapi import errors
from miniapi.storage.interface import RevisionCompacted, RevisionInFuture, StoreUnavailable


def told(problem: Exception) -> errors.ApiError:
    """The Status for a store's exception (KeyConflict is the caller's, who knows what it meant)."""
    if isinstance(problem, RevisionCompacted):
        return errors.expired("The resourceVersion for the provided list is too old.")
    if isinstance(problem, RevisionInFuture):
        return errors.too_large_resource_version(problem.requested, problem.current)
    if isinstance(problem, StoreUnavailable):
        return errors.unavailable(f"the store cannot answer: {problem}")
    raise problem


STORE_PROBLEMS = (RevisionCompacted, RevisionInFuture, StoreUnavailable)
