"""Where built-in kinds are kept, and how they are printed."""

from __future__ import annotations

from miniapi.clock import Clock
from miniapi.endpoints.table import Printer
from miniapi.kinds.columns import Columns
from miniapi.kinds.kind import Kind
from miniapi.kinds.printers.builtin import internal, printing, row_conditions
from miniapi.kinds.printers.core import created
from miniapi.registry.rest_options import RestOptions


class KubeResources:
    """Each kind's registry resource, shared by its versions, and its printer."""

    def __init__(self, rest_options: RestOptions, clock: Clock) -> None:
        self.of, self.schemas, self._clock = rest_options.of, rest_options.schemas, clock
        self._columns = Columns()

    def printer(self, kind: Kind) -> Printer:
        """The kind's table."""
        place = (kind.gvk.group, kind.plural)
        cells = printing(*place)
        return Printer(
            self._columns.of(kind),
            cells,
            self._clock,
            row_conditions(*place),
            internal(*place),
            no_rows=None if cells is created else (),
        )
