"""Label and field selectors: parsed once, compiled to a predicate, written back canonically.

Grammar and messages are those of k8s.io/apimachinery/pkg/labels and pkg/fields. What does not parse
is a ValueError whose text is the original's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from miniapi.meta import names

Matcher = Callable[[Mapping[str, str]], bool]

_CACHE_SIZE = 1024
_BINARY = ("in", "notin", "=", "==", "!=", "gt", "lt")
_OBJECT_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
_SYMBOL_OF = {"gt": ">", "lt": "<"}
_INT64 = range(-(2**63), 2**63)


class Requirement(NamedTuple):
    """One condition on one label; `operator` is one of in notin = == != gt lt exists !."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        key, operator = self.key, self.operator
        if operator == "exists":
            return key
        if operator == "!":
            return "!" + key
        values = ",".join(sorted(self.values))
        if operator in ("in", "notin"):
            return f"{key} {operator} ({values})"
        return key + _SYMBOL_OF.get(operator, operator) + values


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """The AND of its requirements; call it with labels."""

    requirements: tuple[Requirement, ...]
    """Sorted by key."""
    matches: Matcher = field(compare=False, repr=False)
    nothing: bool = False
    """True where no selector was given at all, which selects no object (labels.Nothing)."""

    def __call__(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return self.matches(labels)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))

    @property
    def empty(self) -> bool:
        """True where every object matches."""
        return not self.requirements and not self.nothing


def _always(_labels: Mapping[str, str]) -> bool:
    return True


def _never(_labels: Mapping[str, str]) -> bool:
    return False


EVERYTHING = LabelSelector((), _always)
NOTHING = LabelSelector((), _never, nothing=True)


def parse_int64(text: str) -> int | None:
    """strconv.ParseInt(text, 10, 64); None for what it refuses."""
    if not re.fullmatch(r"[+-]?[0-9]+", text) or len(text) > 40:
        return None
    number = int(text)
    return number if number in _INT64 else None


def _compile_one(requirement: Requirement) -> Matcher:
    key, operator, values = requirement
    if operator in ("in", "=", "=="):
        if len(values) == 1:
            wanted = values[0]
            return lambda labels: labels.get(key) == wanted
        allowed = frozenset(values)
        return lambda labels: labels.get(key) in allowed
    if operator in ("notin", "!="):
        refused = frozenset(values)
        return lambda labels: labels.get(key) not in refused
    if operator == "exists":
        return lambda labels: key in labels
    if operator == "!":
        return lambda labels: key not in labels
    bound, greater = int(values[0]), operator == "gt"

    def compare(labels: Mapping[str, str]) -> bool:
        number = parse_int64(labels.get(key, ""))
        return number is not None and (number > bound if greater else number < bound)

    return compare


def _compile(requirements: tuple[Requirement, ...]) -> Matcher:
    if not requirements:
        return _always
    if len(requirements) == 1:
        return _compile_one(requirements[0])
    if all(r.operator in ("=", "==") for r in requirements):
        wanted = {(r.key, r.values[0]) for r in requirements}
        return lambda labels: wanted <= labels.items()
    tests = tuple(map(_compile_one, requirements))

    def every(labels: Mapping[str, str]) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if not test(labels):
                return False
        return True

    return every


def _selector(requirements: Iterable[Requirement]) -> LabelSelector:
    ordered = tuple(sorted(requirements, key=lambda r: r.key))
    return LabelSelector(ordered, _compile(ordered)) if ordered else EVERYTHING


# --- construction with the checks of labels.NewRequirement ---


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _aggregate(problems: Sequence[str]) -> ValueError:
    distinct = list(dict.fromkeys(problems))
    return ValueError(distinct[0] if len(distinct) == 1 else "[" + ", ".join(distinct) + "]")


def _key_problem(key: str, path: str) -> list[str]:
    wrong = names.qualified_name(key)
    return [f"{path}: Invalid value: {_quote(key)}: {'; '.join(wrong)}"] if wrong else []


def new_requirement(key: str, operator: str, values: Sequence[str]) -> Requirement:
    """A requirement that was checked; ValueError joins everything that is wrong."""
    problems = _key_problem(key, "key")
    shown = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    if operator in ("in", "notin"):
        if not values:
            problems.append(f"values: Invalid value: {shown}: for 'in', 'notin' operators, values set can't be empty")
    elif operator in ("=", "==", "!="):
        if len(values) != 1:
            problems.append(f"values: Invalid value: {shown}: exact-match compatibility requires one single value")
    elif operator in ("exists", "!"):
        if values:
            problems.append(f"values: Invalid value: {shown}: values set must be empty for exists and does not exist")
    else:
        if len(values) != 1:
            problems.append(f"values: Invalid value: {shown}: for 'Gt', 'Lt' operators, exactly one value is required")
        problems += [
            f"values[{i}]: Invalid value: {_quote(v)}: for 'Gt', 'Lt' operators, the value must be an integer"
            for i, v in enumerate(values)
            if parse_int64(v) is None
        ]
    for i, value in enumerate(values):
        wrong = names.label_value(value)
        if wrong:
            problems.append(f"values[{i}][{key}]: Invalid value: {_quote(value)}: {'; '.join(wrong)}")
    if problems:
        raise _aggregate(problems)
    return Requirement(key, operator, tuple(values))


# --- the string form ---

_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+)")
_SYMBOLS = frozenset(("=", "==", "!=", "!", "(", ")", ",", "<", ">"))
_OPERATORS = {"in": "in", "notin": "notin", "=": "=", "==": "==", "!=": "!=", ">": "gt", "<": "lt"}


class _Parser:
    """A reader of tokens; the empty string is the end. `in` and `notin` are identifiers except after a key."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text.partition("\0")[0])
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        token = self.peek()
        if not token:
            return found
        if token in _SYMBOLS and token != "!":
            raise ValueError(f"found '{token}', expected: !, identifier, or 'end of string'")
        while True:
            try:
                found.append(self.requirement())
            except ValueError as problem:
                raise ValueError(f"unable to parse requirement: {problem}") from None
            token = self.take()
            if not token:
                return found
            if token != ",":
                raise ValueError(f"found '{token}', expected: ',' or 'end of string'")
            token = self.peek()
            if not token or (token in _SYMBOLS and token != "!"):
                raise ValueError(f"found '{token}', expected: identifier after ','")

    def requirement(self) -> Requirement:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key = self.identifier()
        wrong = _key_problem(key, "<nil>")
        if wrong:
            raise ValueError(wrong[0])
        if absent:
            return new_requirement(key, "!", ())
        if self.peek() in ("", ","):
            return new_requirement(key, "exists", ())
        token = self.take()
        operator = _OPERATORS.get(token)
        if operator is None:
            raise ValueError(f"found '{token}', expected: {', '.join(_BINARY)}")
        values = self.value_set() if operator in ("in", "notin") else {self.exact_value()}
        return new_requirement(key, operator, sorted(values))

    def identifier(self) -> str:
        token = self.take()
        if not token or token in _SYMBOLS:
            raise ValueError(f"found '{token}', expected: identifier")
        return token

    def exact_value(self) -> str:
        return "" if self.peek() in ("", ",") else self.identifier()

    def value_set(self) -> set[str]:
        token = self.take()
        if token != "(":
            raise ValueError(f"found '{token}' expected: '('")
        first = self.peek()
        if first == ")":
            self.take()
            return {""}
        if not first or (first in _SYMBOLS and first != ","):
            raise ValueError(f"found '{first}', expected: ',', ')' or identifier")
        values = self.identifiers()
        if self.take() != ")":
            raise ValueError(f"found '{first}', expected: ')'")
        return values

    def identifiers(self) -> set[str]:
        """A list in which every gap between two commas, or a comma and a bracket, is the empty string."""
        values: set[str] = set()
        while True:
            token = self.take()
            following = self.peek()
            if token == ",":
                if not values or following in (",", ")"):
                    values.add("")
                if following == ")":
                    return values
            elif not token or token in _SYMBOLS:
                raise ValueError(f"found '{token}', expected: ',', or identifier")
            else:
                values.add(token)
                if following == ")":
                    return values
                if following != ",":
                    raise ValueError(f"found '{following}', expected: ',' or ')'")


@lru_cache(_CACHE_SIZE)
def parse_label_selector(text: str) -> LabelSelector:
    """labels.Parse: `a=b,c!=d,e in (f,g),h,!i,j>1`. ValueError tells what does not parse."""
    return _selector(_Parser(text).requirements())


# --- the object forms ---


@lru_cache(_CACHE_SIZE)
def _from_parts(labels: tuple[tuple[str, str], ...], expressions: tuple[Requirement, ...]) -> LabelSelector:
    found = [new_requirement(key, "=", (value,)) for key, value in labels]
    for key, operator, values in expressions:
        known = _OBJECT_OPERATORS.get(operator)
        if known is None:
            raise ValueError(f"{_quote(operator)} is not a valid label selector operator")
        found.append(new_requirement(key, known, values))
    return _selector(found)


def label_selector(selector: Mapping[str, Any] | None) -> LabelSelector:
    """metav1.LabelSelectorAsSelector: none selects nothing, an empty one everything."""
    if selector is None:
        return NOTHING
    return _from_parts(
        tuple(sorted((selector.get("matchLabels") or {}).items())),
        tuple(
            Requirement(e.get("key", ""), e.get("operator", ""), tuple(e.get("values") or ()))
            for e in selector.get("matchExpressions") or ()
        ),
    )


# --- field selectors ---


class FieldTerm(NamedTuple):
    """`field=value` (equals) or `field!=value`."""

    field: str
    equals: bool
    value: str

    def __str__(self) -> str:
        return f"{self.field}{'=' if self.equals else '!='}{escape_value(self.value)}"


def escape_value(value: str) -> str:
    r"""fields.EscapeValue: a backslash before each of `\ , =`."""
    return re.sub(r"([\\,=])", r"\\\1", value)


def _unescape(value: str) -> str:
    if not any(c in value for c in "\\,="):
        return value
    out: list[str] = []
    characters = iter(value)
    for c in characters:
        if c == "\\":
            escaped = next(characters, "")
            if not escaped or escaped not in "\\,=":
                raise ValueError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            out.append(escaped)
        elif c in ",=":
            raise ValueError(f"invalid field selector: unescaped character in value: {ord(c)}")
        else:
            out.append(c)
    return "".join(out)


@lru_cache(_CACHE_SIZE)
def parse_field_selector(text: str) -> tuple[FieldTerm, ...]:
    """fields.ParseSelector: the terms in sorted order, all of which must hold. ValueError tells what does not parse."""
    terms: list[FieldTerm] = []
    for part in sorted(re.findall(r"(?:\\.|[^\\,]|\\$)+", text, re.DOTALL)):
        operator = re.search(r"!=|==|=", part)
        if operator is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
        terms.append(FieldTerm(part[: operator.start()], operator[0] != "!=", _unescape(part[operator.end() :])))
    return tuple(terms)
