"""Streams by way of the cloud."""

from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.errors import CannotReachCloud
from custom_components.iot_gateway.clients.tuya_cloud.stream_allocation import allocate_stream

from .fake_api import DEVICE, UID, FakeApi


async def test_allocate_stream() -> None:
    path = f"/v1.0/users/{UID}/devices/{DEVICE}/stream/actions/allocate"
    api = FakeApi(**{f"POST {path}": {"url": "rtsps://eu.example.com:443/v1?signInfo=x"}})
    assert await allocate_stream(api, UID, DEVICE, "rtsp") == "rtsps://eu.example.com:443/v1?signInfo=x"
    assert api.calls == [("POST", path, None, {"type": "rtsp"}, "stream-allocate")]


async def test_allocate_stream_the_other_way() -> None:
    path = f"/v1.0/devices/{DEVICE}/stream/actions/allocate"
    api = FakeApi(**{f"POST {path}": {"url": "https://x"}})
    assert await allocate_stream(api, UID, DEVICE, "hls") == "https://x"


@pytest.mark.parametrize("result", [None, {}, {"url": ""}, {"url": 1}, []])
async def test_no_stream(result: Any) -> None:
    api = FakeApi(**{f"POST /v1.0/devices/{DEVICE}/stream/actions/allocate": result})
    with pytest.raises(CannotReachCloud):
        await allocate_stream(api, "", DEVICE, "rtsp")
