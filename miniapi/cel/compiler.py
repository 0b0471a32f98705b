"""From a text to what evaluates it: parse, check, judge literals, compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from miniapi.cel import types
from miniapi.cel.checker import TYPE_NAMES, Declared, check
from miniapi.cel.costs import Budget
from miniapi.cel.evaluate import Scope, compile_node
from miniapi.cel.library import (
    lists,
    named_formats,
    network,
    operators,
    quantity,
    rearranging,
    regex,
    semver,
    standard,
    text,
    url,
)
from miniapi.cel.literals import literal_problems, uncomputable
from miniapi.cel.parser import NoExpression, parse
from miniapi.cel.problems import display
from miniapi.cel.syntax import Node
from miniapi.cel.types import Functions, Type

Evaluate = Callable[[dict[str, Any], Budget], Any]

_CONSTANTS: Mapping[str, Type] = {
    **TYPE_NAMES,
    "net.IP": types.type_of(network.IP_TYPE),
    "net.CIDR": types.type_of(network.CIDR_TYPE),
    "kubernetes.URL": types.type_of(url.URL_TYPE),
    "kubernetes.Quantity": types.type_of(quantity.QUANTITY_TYPE),
    "kubernetes.Semver": types.type_of(semver.SEMVER_TYPE),
}


@cache
def kubernetes_functions() -> Functions:
    """All libraries together."""
    libraries = (operators, standard, text, lists, rearranging, regex, url, quantity, network, named_formats, semver)
    return types.joined(library.FUNCTIONS for library in libraries)


def compile_text(
    source: str, variables: Mapping[str, Type], functions: Functions, declared: Declared
) -> tuple[Node | None, Evaluate | None, str]:
    """-> (checked tree, what evaluates it, why that can never be) or (None, None, what is wrong)."""
    try:
        root = parse(source)
    except NoExpression as problem:
        return None, None, display(source, problem.problems)
    problems = check(root, variables, functions, _CONSTANTS, declared) or literal_problems(root)
    if problems:
        return None, None, display(source, problems)
    run = compile_node(root, _CONSTANTS)
    return root, lambda values, budget: run(Scope(values, budget)), uncomputable(root)
