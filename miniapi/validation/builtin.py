"""Which validation belongs to which kind and subresource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.validation import builtin_objects as objects
from miniapi.validation import builtin_workloads as workloads
from miniapi.validation.interface import Validation

VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {**workloads.VALIDATIONS, **objects.VALIDATIONS}
SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {
    **workloads.SUBRESOURCE_VALIDATIONS,
    **objects.SUBRESOURCE_VALIDATIONS,
}
