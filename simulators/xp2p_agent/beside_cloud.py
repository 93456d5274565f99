"""The X-P2P agent of a simulated cloud, in the cloud's own process: it reaches the account's devices.

`companion` is one of simulators.tencent_cloud.cli's, `main` is that command line with it, `agent_beside` is for tests. A device is
online, asleep and known by its X-P2P information as in the cloud; what is watched doesn't fall asleep; events of motion are on
the card; calls are properties; "restart", "format_sd_card" and the name in the picture do what they say.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, override

from simulators.tencent_cloud import ONLINE, Device, TencentCloudSimulator
from simulators.tencent_cloud.cli import main as cloud_main

from .calls import CallState
from .card import MOTION, Record
from .control import ControlServer
from .demo import agent_device
from .devices import AgentDevice
from .server import Devices, UnknownDevice, Xp2pAgentSimulator

CALL_PROPERTIES = ("_sys_video_call_status", "_sys_audio_call_status")
_CALL_VALUES: dict[CallState, int] = {"idle": 0, "ringing": 1, "calling": 1, "talking": 2}
_CALL_STATES: dict[object, CallState] = {0: "idle", 1: "calling", 2: "talking"}
_MOTION_SECONDS = 12


def main(arguments: Sequence[str]) -> int:
    """Run a cloud with its agent until SIGTERM or SIGINT; return the exit status."""
    return cloud_main(arguments, [companion])


class CloudDevices(Devices):
    """The devices of an account that have X-P2P, also those that join later."""

    def __init__(self, cloud: TencentCloudSimulator) -> None:
        """Look at an account."""
        super().__init__()
        self._account = cloud.account
        self._now = cloud.now

    @override
    def all(self) -> list[AgentDevice]:
        return [self._of(device) for device in self._account.devices.values() if device.p2p]

    @override
    def get(self, key: str) -> AgentDevice:
        device = self._account.devices.get(key)
        if device is None or not device.p2p:
            raise UnknownDevice(key)
        return self._of(device)

    @override
    def set_online(self, device: AgentDevice, online: bool) -> None:
        self._account.set_online(device.key, online)

    @override
    def set_call(self, device: AgentDevice, state: CallState) -> None:
        super().set_call(device, state)
        product = self._account.products[device.product_id]
        if product.defined("properties", CALL_PROPERTIES[0]) is not None:
            self._account.report(device.key, {CALL_PROPERTIES[0]: _CALL_VALUES[state]})

    @override
    def watched(self, device: AgentDevice) -> None:
        if (known := self._account.devices.get(device.key)) is not None:
            known.watched = bool(device.streams) or device.talking is not None

    # What the cloud tells

    def follow(self, device: Device) -> None:
        """A device came or went."""
        if not device.p2p:
            return
        known = self._of(device)
        known.online, known.p2p_info = device.online == ONLINE, device.p2p_info
        if not known.online:
            known.cut()

    def obey(self, device: Device, values: Mapping[str, Any]) -> None:
        """A device was told values."""
        if not device.p2p:
            return
        known = self._of(device)
        if name := values.get("name_overlay"):
            for camera in known.cameras.values():
                camera.title = name
        for code in CALL_PROPERTIES:
            if code in values:
                known.call.state = _CALL_STATES[values[code]]

    def act(self, device: Device, action: str, _: Mapping[str, Any]) -> None:
        """A device was asked for an action."""
        match action:
            case "restart":
                # After it has replied.
                asyncio.get_running_loop().call_soon(self._restart, device.key)
            case "format_sd_card" if device.p2p and (card := self._of(device).card) is not None:
                card.clear()

    def note(self, device: Device, _: str, topic: str, payload: Mapping[str, Any] | str) -> None:
        """A device has told something: what moves is recorded."""
        if not device.p2p or not topic.startswith("$thing/up/event/") or not isinstance(payload, Mapping):
            return
        known = self._of(device)
        if payload.get("eventId") == "motion" and known.card is not None:
            now = int(self._now())
            for channel in known.cameras:
                known.card.add(channel, Record(start=now - _MOTION_SECONDS, end=now, type=MOTION))

    def _of(self, device: Device) -> AgentDevice:
        known = self._devices.get(device.key)
        if known is None:
            known = agent_device(self._account.products[device.product_id], device, self._now())
            self._devices[device.key] = known
        return known

    def _restart(self, key: str) -> None:
        # It may have left meanwhile.
        if key in self._account.devices:
            self._account.restart(key)


@asynccontextmanager
async def agent_beside(cloud: TencentCloudSimulator, **options: Any) -> AsyncGenerator[Xp2pAgentSimulator]:
    """Run the agent of a cloud; the options are those of Xp2pAgentSimulator."""
    account, devices = cloud.account, CloudDevices(cloud)
    async with Xp2pAgentSimulator(devices, **{"host": cloud.host} | options) as agent:
        account.online_changed.append(devices.follow)
        account.controlled.append(devices.obey)
        account.actions.append(devices.act)
        account.happened.append(devices.note)
        try:
            yield agent
        finally:
            account.online_changed.remove(devices.follow)
            account.controlled.remove(devices.obey)
            account.actions.remove(devices.act)
            account.happened.remove(devices.note)


@asynccontextmanager
async def companion(cloud: TencentCloudSimulator) -> AsyncGenerator[Mapping[str, Any]]:
    """Run the agent of a cloud with its control API; give what its command line prints of them."""
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(agent_beside(cloud))
        control = ControlServer(agent)
        stack.push_async_callback(control.stop)
        await control.start()
        yield {"agent": agent.base_url, "agent_control": control.url}
