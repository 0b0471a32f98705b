"""Several servers publish themselves as one service at the same time."""

import logging

import pytest

from miniapi import errors
from miniapi.kube import kubernetes_service
from miniapi.kube.kubernetes_service import publish

TAKEN = errors.invalid("services", "", "kubernetes", [errors.Cause("FieldValueInvalid", "taken", "spec.clusterIPs")])


class Others:
    """A client of a store where another server gets in between a few times."""

    def __init__(self, refusals):
        self.refusals = refusals
        self.stored = None

    async def get(self, group, version, plural, namespace, name):
        if self.stored is None:
            raise errors.not_found(plural, group, name)
        return self.stored

    async def create(self, group, version, plural, namespace, obj):
        if self.refusals:
            self.refusals -= 1
            raise TAKEN
        self.stored = obj


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(kubernetes_service, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


async def test_who_finds_the_address_taken_looks_again(caplog):
    others = Others(refusals=2)
    await publish(others, "10.96.0.1", "", 443)
    assert others.stored["spec"]["clusterIP"] == "10.96.0.1"
    assert not caplog.records


async def test_what_cannot_be_published_is_told_and_ends_no_server(caplog):
    with caplog.at_level(logging.WARNING):
        await publish(Others(refusals=9), "10.96.0.1", "", 443)
    (record,) = caplog.records
    assert "services default/kubernetes cannot be published" in record.getMessage()
