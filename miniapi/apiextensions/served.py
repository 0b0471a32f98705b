"""The definitions that are served now, as a watch of the registry tells of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miniapi.apiextensions.definition import age, is_true
from miniapi.apiextensions.kinds import kinds_of
from miniapi.apiextensions.scopes import Definition
from miniapi.client.informers import SharedInformer
from miniapi.kinds.kind import Kind
from miniapi.meta.objects import Object


class Served:
    """Definitions by group and plural. Thousands may be known: each is compiled when it is first asked for."""

    def __init__(self, informer: SharedInformer, define: Callable[[Object], Definition]) -> None:
        self._define = define
        self._known: dict[tuple[str, str], Object] = {}
        self._definitions: dict[tuple[str, str], Definition] = {}
        self.changes = 0
        """Rises when what is served changes: documents made before are stale."""
        informer.add_handler(self._changed)

    def find(self, group: str, plural: str) -> Definition | None:
        """None where nothing is served under the name."""
        key = (group, plural)
        definition = self._definitions.get(key)
        if definition is None:
            crd = self._known.get(key)
            if crd is not None:
                definition = self._definitions[key] = self._define(crd)
        return definition

    def places(self) -> tuple[tuple[str, str], ...]:
        """Groups and versions without kinds: none, a definition always has one."""
        return ()

    def kinds(self) -> list[Kind]:
        """All served versions, by group, the preferred version first."""
        kinds = [k for crd in self._known.values() if is_true(crd, "Established") for k in kinds_of(crd)]
        return sorted(kinds, key=lambda k: (k.gvk.group, age(k.gvk.version), k.plural))

    def crd(self, kind: Kind) -> Object:
        """The definition that a served kind comes from. KeyError where it has gone."""
        return self._known[kind.gvk.group, kind.plural]

    def _changed(self, _event: str, old: Object | None, new: Object | None) -> None:
        if old is not None and (new is None or _place(old) != _place(new)):
            self._drop(_place(old))
        if new is None:
            return
        key = _place(new)
        if not is_true(new, "NamesAccepted") and not is_true(new, "Established"):
            self._drop(key)
            return
        self.changes += 1
        self._known[key] = new
        definition = self._definitions.get(key)
        if definition is None:
            return
        if _same(definition.crd, new):
            definition.crd = new
        else:
            del self._definitions[key]
            definition.close()

    def _drop(self, key: tuple[str, str]) -> None:
        if self._known.pop(key, None) is not None:
            self.changes += 1
        definition = self._definitions.pop(key, None)
        if definition is not None:
            definition.close()


def _place(crd: Object) -> tuple[str, str]:
    return crd["spec"]["group"], crd["spec"]["names"]["plural"]


def _same(old: Object, new: Object) -> bool:
    """Whether the storage of the one serves the other."""
    return bool(_shape(old) == _shape(new))


def _shape(crd: Object) -> tuple[Any, ...]:
    return crd["metadata"].get("uid"), crd["spec"], (crd.get("status") or {}).get("acceptedNames")
