"""Which validation belongs to which kind and subresource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from miniapi.validation.interface import Validation

VALIDATIONS: Final[Mapping[tuple[str, str], Validation]] = {}
SUBRESOURCE_VALIDATIONS: Final[Mapping[tuple[str, str, str], Validation]] = {}
