"""The order and rounds of the plugins."""

from typing import Any

from miniapi.admission.chain import AdmissionChain
from miniapi.admission.interface import Attributes
from tests.admission.world import attributes, kind

CONFIG_MAP = kind("configmaps", "ConfigMap")


async def test_mutators_run_once_more_where_one_asks_for_it() -> None:
    class Counts:
        name = "Counts"

        def __init__(self) -> None:
            self.rounds: list[bool] = []

        def handles(self, operation: str, kind: Any, subresource: str) -> bool:
            return True

        async def admit(self, write: Attributes) -> None:
            self.rounds.append(write.reinvocation.second_round)
            write.reinvocation.changed()

    counts = Counts()
    await AdmissionChain([counts]).mutate(attributes(CONFIG_MAP, {"metadata": {"name": "a"}}))
    assert counts.rounds == [False, True]
