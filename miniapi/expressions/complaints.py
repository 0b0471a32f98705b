"""What validation says of expressions (admissionregistration/validation: validateCELExpression)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miniapi.expressions.policy import Complaint, Expressions

_VARIABLE_INDEX = re.compile(r"\.variables\[(\d+)\]")


def complaint(use: str, expression: str, path: str, spec: Mapping[str, Any]) -> Complaint | None:
    """None where the expression can stand at its path."""
    if use == "mutation":
        use = "applyConfiguration" if ".applyConfiguration." in path else "jsonPatch"
    index = _VARIABLE_INDEX.search(path) if use == "variable" else None
    try:
        Expressions(spec).compile(use, expression, int(index[1]) if index else None)
    except Complaint as problem:
        return problem
    return None
