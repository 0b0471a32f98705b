"""Values of modules that are imported when they are first used; and every place that a table names is right."""

import sys

import pytest

from miniapi.meta.deferred import deferred
from miniapi.strategies.builtin import STRATEGIES, SUBRESOURCE_STRATEGIES
from miniapi.validation.builtin import SUBRESOURCE_VALIDATIONS, VALIDATIONS
from miniapi.validation.interface import Validation


def test_the_module_is_imported_when_somebody_looks():
    sys.modules.pop("miniapi.validation.lease", None)
    lease = deferred(Validation, "miniapi.validation.lease", "VALIDATION")
    assert "miniapi.validation.lease" not in sys.modules
    assert callable(lease.create)
    assert "miniapi.validation.lease" in sys.modules
    assert lease.create is lease.create


@pytest.mark.parametrize("place", [*VALIDATIONS, *SUBRESOURCE_VALIDATIONS], ids="/".join)
def test_every_row_has_its_rules(place):
    found = VALIDATIONS[place] if len(place) == 2 else SUBRESOURCE_VALIDATIONS[place]
    assert callable(found.create)
    assert callable(found.update)


@pytest.mark.parametrize("place", [*STRATEGIES, *SUBRESOURCE_STRATEGIES], ids="/".join)
def test_every_row_has_its_strategy(place):
    found = STRATEGIES[place] if len(place) == 2 else SUBRESOURCE_STRATEGIES[place]
    assert callable(found.prepare_create)
