"""Kubernetes' named formats (apiserver/pkg/cel/library/format.go)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from miniapi.cel import types
from miniapi.cel.library.url import parse_url
from miniapi.cel.problems import EvaluationError
from miniapi.cel.types import STRING, Overload, Type, list_of, opaque, optional_of
from miniapi.cel.values import NOTHING, Optional
from miniapi.meta import names
from miniapi.schema.formats import FORMATS

FORMAT_TYPE = opaque("kubernetes.NamedFormat")
_Problems = Callable[[str], list[str]]


@dataclass(slots=True, frozen=True)
class Format:
    """A check by name."""

    name: str
    problems: _Problems
    cel_type: ClassVar[Type] = FORMAT_TYPE


def _known(name: str, complaint: str) -> _Problems:
    return lambda text: [] if FORMATS[name](text) else [complaint]


def _uri(text: str) -> list[str]:
    try:
        parse_url(text)
    except EvaluationError as problem:
        return [str(problem)]
    return []


def _prefixed(check: Callable[[str, bool], list[str]]) -> _Problems:
    return lambda text: check(text, True)


def _exact(check: Callable[[str, bool], list[str]]) -> _Problems:
    return lambda text: check(text, False)


NAMED: dict[str, _Problems] = {
    "dns1123Label": _exact(names.name_is_dns_label),
    "dns1123Subdomain": _exact(names.name_is_dns_subdomain),
    "dns1035Label": _exact(names.name_is_dns_1035_label),
    "qualifiedName": names.qualified_name,
    "dns1123LabelPrefix": _prefixed(names.name_is_dns_label),
    "dns1123SubdomainPrefix": _prefixed(names.name_is_dns_subdomain),
    "dns1035LabelPrefix": _prefixed(names.name_is_dns_1035_label),
    "labelValue": names.label_value,
    "uri": _uri,
    "uuid": _known("uuid", "does not match the UUID format"),
    "byte": _known("byte", "invalid base64"),
    "date": _known("date", "invalid date"),
    "datetime": _known("datetime", "invalid datetime"),
}


def _named(name: str) -> Optional:
    problems = NAMED.get(name)
    return Optional(Format(name, problems), True) if problems is not None else NOTHING


def _validate(form: Format, text: str) -> Optional:
    found = form.problems(text)
    return Optional(found, True) if found else NOTHING


def _constant(name: str, problems: _Problems) -> tuple[Overload, ...]:
    form = Format(name, problems)
    return (Overload((), FORMAT_TYPE, lambda: form),)


FUNCTIONS: types.Functions = {
    **{f"format.{name}": _constant(name, problems) for name, problems in NAMED.items()},
    "format.named": (Overload((STRING,), optional_of(FORMAT_TYPE), _named),),
    "validate": (
        Overload((FORMAT_TYPE, STRING), optional_of(list_of(STRING)), _validate, method=True, cost="argument"),
    ),
}
