"""A small client of the simulated Tencent cloud, for its tests: signs as tencent_iot_video.md, section 1.2, says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import hashlib
import hmac
import json
import time
from typing import Any

import aiohttp

from simulators.tencent_cloud import TencentCloudSimulator, demo_devices, demo_products

CAMERA = {"ProductId": "CAM0SIM001", "DeviceName": "yard_camera"}
RECORDER = {"ProductId": "NVR0SIM002", "DeviceName": "hall_recorder"}
DOORBELL = {"ProductId": "BEL0SIM003", "DeviceName": "front_door"}
FEEDER = {"ProductId": "PIC0SIM004", "DeviceName": "bird_feeder"}
SENSOR = {"ProductId": "SEN0SIM005", "DeviceName": "cellar_sensor"}
PLUG = {"ProductId": "PLG0SIM006", "DeviceName": "desk_plug"}


def key_of(device: dict[str, str]) -> str:
    return f"{device['ProductId']}/{device['DeviceName']}"


class Refused(Exception):
    """The cloud's own error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Client:
    """Calls the cloud; everything that goes into a call can be replaced by a wrong one."""

    def __init__(self, cloud: TencentCloudSimulator, session: aiohttp.ClientSession) -> None:
        self.cloud = cloud
        self.session = session

    def headers(self, action: str, body: bytes, **changes: Any) -> dict[str, str]:
        given: dict[str, Any] = {
            "id": self.cloud.secret_id,
            "key": self.cloud.secret_key,
            "time": int(time.time()),
            "service": "iotvideo",
            "version": "2021-11-25",
            "region": "ap-guangzhou",
            "type": "application/json",
            "date": None,
        } | changes
        host = self.cloud.endpoint.partition("//")[2]
        date = given["date"] or datetime.fromtimestamp(given["time"], UTC).strftime("%Y-%m-%d")
        canonical = f"POST\n/\n\ncontent-type:{given['type']}\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{date}/{given['service']}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{given['time']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"TC3{given['key']}".encode()
        for part in (date, given["service"], "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return {
            "Content-Type": given["type"],
            "Authorization": f"TC3-HMAC-SHA256 Credential={given['id']}/{scope}, "
            f"SignedHeaders=content-type;host, Signature={signature}",
            "X-TC-Action": action,
            "X-TC-Version": given["version"],
            "X-TC-Timestamp": str(given["time"]),
            "X-TC-Region": given["region"],
        }

    async def call(self, action: str, params: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        body = json.dumps(params or {}).encode()
        headers = self.headers(action, body, **changes)
        async with self.session.post(self.cloud.endpoint + "/", data=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = (await response.json())["Response"]
        assert len(answer.pop("RequestId")) == 36
        if "Error" in answer:
            raise Refused(answer["Error"]["Code"], answer["Error"]["Message"])
        return answer

    async def code(self, action: str, params: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return the code with which a call is refused; "" if it is not."""
        try:
            await self.call(action, params, **changes)
        except Refused as err:
            return err.code
        return ""

    async def fetch(self, url: str) -> tuple[int, bytes]:
        async with self.session.get(url) as response:
            return response.status, await response.read()


@asynccontextmanager
async def tencent_cloud(**options: Any) -> AsyncIterator[Client]:
    """Run the demo's cloud; give a client of it."""
    async with (
        TencentCloudSimulator(demo_products(), demo_devices(), **options) as cloud,
        aiohttp.ClientSession() as session,
    ):
        yield Client(cloud, session)
