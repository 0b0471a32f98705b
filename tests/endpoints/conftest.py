import pytest

from tests.endpoints.world import World


@pytest.fixture
def world():
    return World()
