"""A fake cloud and an API that talks to it; a fake agent and a camera behind it."""

from collections.abc import AsyncIterator

import pytest

from custom_components.iot_gateway.clients.tencent_video.agent import CameraChannel
from custom_components.iot_gateway.clients.tencent_video.api import TencentApi

from .fake_agent import FakeAgent, running as running_agent
from .fake_cloud import FakeCloud, running


@pytest.fixture
async def both(socket_enabled: None) -> AsyncIterator[tuple[FakeCloud, TencentApi]]:
    """Run a fake cloud, and make an API for it."""
    async with running() as pair:
        yield pair


@pytest.fixture
def cloud(both: tuple[FakeCloud, TencentApi]) -> FakeCloud:
    """Return the fake cloud."""
    return both[0]


@pytest.fixture
def api(both: tuple[FakeCloud, TencentApi]) -> TencentApi:
    """Return the API that talks to it."""
    return both[1]


@pytest.fixture
async def agent_and_camera(socket_enabled: None) -> AsyncIterator[tuple[FakeAgent, CameraChannel]]:
    """Run a fake agent, and have a camera behind it."""
    async with running_agent() as pair:
        yield pair


@pytest.fixture
def fake_agent(agent_and_camera: tuple[FakeAgent, CameraChannel]) -> FakeAgent:
    """Return the fake agent."""
    return agent_and_camera[0]


@pytest.fixture
def camera(agent_and_camera: tuple[FakeAgent, CameraChannel]) -> CameraChannel:
    """Return the camera behind it."""
    return agent_and_camera[1]
