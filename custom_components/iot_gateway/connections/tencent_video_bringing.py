"""Bringing the devices of an account's list to the hub, and to the view of its cameras."""

import asyncio
from collections.abc import Mapping
import logging
from typing import Final, Protocol

from homeassistant.const import Platform
from homeassistant.helpers import entity_registry as er

from ..agent_view import AgentView
from ..const import DOMAIN
from ..hub import Hub
from ..model import EVENT_PREFIX, Device, DeviceSchema, Raw
from ..model.tencent_schema import CALL_EVENT, FEEDBACK_EVENT
from ..sharing import Sharing
from .freshness import ONLINE, Freshness
from .tencent_video_catalogue import ListedDevice
from .tencent_video_reading import AT_ONCE, DeviceReader

_LOGGER = logging.getLogger(__name__)

MANUFACTURER: Final = "Tencent"
_OWN_EVENTS: Final = (CALL_EVENT, FEEDBACK_EVENT)


class Listed(Protocol):
    """Who has the list."""

    devices: Mapping[str, ListedDevice]


class DeviceBringer:
    """Brings listed devices to the hub."""

    def __init__(
        self, hub: Hub, listed: Listed, reader: DeviceReader, freshness: Freshness, agent_view: AgentView
    ) -> None:
        """Have brought nothing yet."""
        self._hub = hub
        self._listed = listed
        self._reader = reader
        self._freshness = freshness
        self._agent_view = agent_view
        self._sharing = Sharing.of(hub.hass)
        self._bringing = asyncio.Lock()
        self._schemas: dict[str, DeviceSchema] = {}
        self._with_events: dict[tuple[DeviceSchema, frozenset[str]], DeviceSchema] = {}

    async def bring_missing(self) -> list[str]:
        """Bring the listed devices that no entry has, and those whose model has changed; return which those are.

        Raises TencentError once those are brought that could be read.
        """
        async with self._bringing:
            listed = self._listed.devices
            taken = self._sharing.taken(self._hub, listed)
            wanted = [
                device
                for device_id, device in listed.items()
                if device_id not in taken
                and (device_id not in self._hub.devices or self._schemas.get(device_id) is not device.known.schema)
            ]
            limit = asyncio.Semaphore(AT_ONCE)

            async def bring(device: ListedDevice) -> None:
                async with limit:
                    await self._bring(device)

            await self._reader.all_of(map(bring, wanted))
            return [device.id for device in wanted if device.id in self._hub.devices]

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._schemas.pop(device_id, None)

    async def _bring(self, listed: ListedDevice) -> None:
        """Read a device for the first time and hand it to the hub; raises TencentError."""
        reading = await self._reader.read(listed) if listed.activated else None
        if listed.id not in self._listed.devices or self._sharing.taken(self._hub, [listed.id]):
            return
        await self._hub.take_over([listed.id])
        present = self._hub.devices.get(listed.id)
        values: Mapping[str, Raw] = {}
        if reading is not None:
            # Pushes may have told more meanwhile
            known = {} if present is None else present.schema.sent(present.state)
            fresh = self._freshness.note_reading(listed.id, (*reading.values, ONLINE), reading.asked_at)
            values = {code: raw if code in fresh else known.get(code, raw) for code, raw in reading.values.items()}
        self._schemas[listed.id] = listed.known.schema
        self._hub.add_devices(
            [self._make_device(listed, values, online=listed.online if present is None else present.online)]
        )
        self._agent_view.add_device(
            listed.id,
            listed.known.product,
            listed.device.name,
            has_p2p=listed.known.has_p2p,
        )

    def _make_device(self, listed: ListedDevice, values: Mapping[str, Raw], *, online: bool) -> Device:
        """Return the device that the hub gets."""
        called = listed.description
        schema = self._hub.quirks.apply(
            self._with_known_events(listed),
            device_id=listed.id,
            product_id=listed.device.product_id,
            reported=values,
        )
        device = Device(
            id=listed.id,
            schema=schema,
            name=called.name,
            model=called.model,
            product_id=called.product_id,
            manufacturer=MANUFACTURER,
            model_id=called.product_id,
            online=online,
        )
        device.apply(schema.received(values))
        return device

    def _with_known_events(self, listed: ListedDevice) -> DeviceSchema:
        """Return a device's schema with what it may say of its own accord, which no model tells of.

        That is what it has said at some time, or can through the agent. The entities of it are there from the start then.
        """
        registry = er.async_get(self._hub.hass)
        through_agent = self._agent_view.agent is not None and listed.known.has_p2p
        known = frozenset(
            event
            for event in _OWN_EVENTS
            if through_agent
            or registry.async_get_entity_id(Platform.EVENT, DOMAIN, f"{listed.id}_{EVENT_PREFIX}{event}")
        )
        schema = listed.known.schema
        if not known:
            return schema
        if (schema, known) not in self._with_events:
            whole = schema
            for event in sorted(known):
                whole = whole.with_event(event)
            self._with_events[schema, known] = whole
        return self._with_events[schema, known]
