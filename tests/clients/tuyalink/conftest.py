"""What the tests of this client use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .broker import Broker
from .cloud import Cloud, Owner


@pytest.fixture
async def broker(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Broker]:
    async with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def cloud(broker: Broker) -> AsyncIterator[Cloud]:
    async with Cloud.at(broker) as cloud:
        yield cloud


@pytest.fixture
async def owner(broker: Broker, cloud: Cloud) -> AsyncIterator[Owner]:
    """Return the owner of a connected link."""
    async with Owner(broker.port).running() as owner:
        yield owner
