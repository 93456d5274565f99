"""Tests of simulators that need a real broker are skipped where mosquitto is not installed, except in CI."""

import os
from pathlib import Path

import pytest

from simulators.mqtt_broker import MosquittoMissing, find_mosquitto

_NEED_A_BROKER = (
    "test_mqtt_broker",
    "test_tuya_cloud_control",
    "test_tuya_cloud_ipc",
    "test_ipc_camera",
    "test_tuyalink_cloud",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a broker where there is none; in CI it has to be there."""
    if os.environ.get("IOT_GATEWAY_REQUIRE_BROWSER"):
        return
    try:
        find_mosquitto()
    except MosquittoMissing as err:
        for item in items:
            if item.path.parent == Path(__file__).parent and item.path.stem.startswith(_NEED_A_BROKER):
                item.add_marker(pytest.mark.skip(reason=str(err)))
