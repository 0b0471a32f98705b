"""Which objects a list, a watch or a deletecollection means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from miniapi import errors
from miniapi.endpoints.parameters import ListOptions
from miniapi.kinds.kind import Kind
from miniapi.meta import selectors
from miniapi.registry.attributes import Attributes, fields_of


@dataclass(slots=True)
class Selection:
    """A label and a field selector, compiled; `everything` where both are empty."""

    everything: bool
    name: str
    """The one name that the field selector allows, or empty."""
    matches: Callable[[Attributes], bool]


def _everything(_attributes: Attributes) -> bool:
    return True


def compile_selection(kind: Kind, options: ListOptions, only: str = "") -> Selection:
    """400 for what does not parse and for fields that the kind does not offer.

    `only` is the name in the path of a watch, which counts like a field selector.
    """
    field_selector = options.field_selector or (f"metadata.name={only}" if only else "")
    if not options.label_selector and not field_selector:
        return Selection(True, "", _everything)
    try:
        label = selectors.parse_label_selector(options.label_selector) if options.label_selector else None
        parsed = selectors.parse_field_selector(field_selector) if field_selector else ()
    except ValueError as problem:
        raise errors.bad_request(str(problem)) from None
    # A term of nothing selects everything (fields.hasTerm.Transform).
    terms = [term for term in parsed if term.field or term.value]
    if label is None and not terms:
        return Selection(True, "", _everything)
    fields = fields_of(kind)
    name = ""
    for term in terms:
        if term.field not in fields:
            raise errors.bad_request(_unsupported(kind, term.field))
        if term.field == "metadata.name" and term.equals:
            name = term.value

    def matches(attributes: Attributes) -> bool:
        if label is not None and not label(attributes.labels):
            return False
        return all((attributes.fields[term.field] == term.value) is term.equals for term in terms)

    return Selection(False, name, matches)


def _unsupported(kind: Kind, field: str) -> str:
    """How the original names a field that the kind does not select by."""
    if kind.strategy.selectable_fields or kind.custom:
        return kind.strategy.unknown_field.format(field=field)
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
