"""What the tests of the TuyaLink connection do."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuyalink import LinkTimings
from custom_components.iot_gateway.connections import (
    tuyalink_commands,
    tuyalink_exposed,
    tuyalink_joining,
    tuyalink_probe,
    tuyalink_sub_devices,
)
from custom_components.iot_gateway.connections.tuyalink import TuyaLinkConnection
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, GATEWAY_PRODUCT, TuyaLinkCloudSimulator
from tests.helpers import load

TIMINGS = LinkTimings(
    backoff_first=0.05,
    backoff_most=0.2,
    refused_first=0.2,
    refused_most=0.4,
    taken_over_first=0.3,
    taken_over_most=0.5,
    takeover_within=0.5,
)
PATIENCE = 20.0
"""Seconds that something may take on a busy machine."""

TITLE = "TuyaLink of the house"

type Json = dict[str, Any]


def pair(facet: str, code: str, **more: Any) -> Json:
    """Return a tie of a facet to a property."""
    return {"facet": facet, "kind": "property", "code": code, **more}


def event_pair(code: str, **more: Any) -> Json:
    """Return a tie of an event entity to an event."""
    return {"facet": "event", "kind": "event", "code": code, **more}


def ref(hass: HomeAssistant | None, entity_id: str) -> Json:
    """Return how a subentry names an entity."""
    entry = None if hass is None else er.async_get(hass).async_get(entity_id)
    return {"entity_id": entity_id} if entry is None else {"registry_id": entry.id}


def entity(
    entity_id: str,
    *pairs: Json,
    confirmed: bool = False,
    hass: HomeAssistant | None = None,
    subentry_id: str | None = None,
) -> ConfigSubentryData:
    """Return the subentry of an exposed entity; it is named by its registry entry where `hass` is given and has one."""
    named = ref(hass, entity_id)
    return _subentry(
        "entity",
        entity_id,
        {"entity": named, "pairs": list(pairs), "confirmed": confirmed},
        next(iter(named.values())),
        subentry_id,
    )


def sub_device(
    product_id: str,
    client_id: str,
    members: Mapping[str, Iterable[Json]],
    *,
    device_id: str | None = None,
    confirmed: bool = False,
    subentry_id: str | None = None,
) -> ConfigSubentryData:
    """Return the subentry of a sub-device."""
    return _subentry(
        "sub_device",
        client_id,
        {
            "product_id": product_id,
            "client_id": client_id,
            **({"device_id": device_id} if device_id else {}),
            "members": [
                {"entity": {"entity_id": entity_id}, "pairs": list(pairs)} for entity_id, pairs in members.items()
            ],
            "confirmed": confirmed,
        },
        client_id,
        subentry_id,
    )


def action(
    code: str, sequence: list[Json], *, device: str = "", confirmed: bool = False, subentry_id: str | None = None
) -> ConfigSubentryData:
    """Return the subentry of an action."""
    return _subentry(
        "action",
        code,
        {"device": device, "code": code, "sequence": sequence, "confirmed": confirmed},
        f"{device}:{code}",
        subentry_id,
    )


def _subentry(kind: str, title: str, data: Json, unique_id: str, subentry_id: str | None) -> ConfigSubentryData:
    subentry: Json = {"subentry_type": kind, "title": title, "data": data, "unique_id": unique_id}
    if subentry_id is not None:
        subentry["subentry_id"] = subentry_id
    return subentry  # type: ignore[return-value]


def link_entry(
    simulator: TuyaLinkCloudSimulator,
    *subentries: ConfigSubentryData,
    options: Json | None = None,
    **data: Any,
) -> MockConfigEntry:
    """Return the entry of a device of the simulated cloud, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=TITLE,
        unique_id=DEMO_DEVICE_ID,
        data={
            "connection": "tuyalink",
            "host": simulator.host,
            "port": simulator.port,
            "tls": False,
            "product_id": GATEWAY_PRODUCT,
            "device_id": DEMO_DEVICE_ID,
            "device_secret": DEMO_DEVICE_SECRET,
            **data,
        },
        options={"reports_per_minute": 6000, **(options or {})},
        subentries_data=subentries,
    )


def connection_of(entry: MockConfigEntry) -> TuyaLinkConnection:
    """Return the connection of a loaded entry."""
    connection = entry.runtime_data.connection
    assert isinstance(connection, TuyaLinkConnection)
    return connection


def issues(hass: HomeAssistant) -> dict[str, Mapping[str, str]]:
    """Return the repairs that there are, with their placeholders, by key."""
    return {
        issue.translation_key or "": issue.translation_placeholders or {}
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


@contextmanager
def quickly() -> Iterator[None]:
    """Set no platform up, and let the connection wait milliseconds where it waits seconds."""
    with (
        patch("custom_components.iot_gateway.PLATFORMS", []),
        patch.object(tuyalink_exposed, "_GONE_AFTER", 0.05),
        patch.object(tuyalink_exposed, "_REGISTRY_AFTER", 0.01),
        patch.object(tuyalink_sub_devices, "_SYNC_AFTER", 0.01),
        patch.object(tuyalink_sub_devices, "_LOGOUT_AFTER", 0.1),
        patch.object(tuyalink_commands, "_SETTLED_WITHIN", 0.1),
        patch.object(tuyalink_joining, "_AGAIN_FIRST", 0.2),
        patch.object(tuyalink_probe, "LINK_TIMINGS", TIMINGS),
    ):
        yield


async def unload_all(hass: HomeAssistant) -> None:
    """Unload what a test has set up, which must always work."""
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


async def load_link(hass: HomeAssistant, entry: MockConfigEntry) -> TuyaLinkConnection:
    """Load an entry whose cloud is there, and return its connection."""
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    connection = connection_of(entry)
    assert connection._joining.joined.is_set()
    return connection


async def booleans(hass: HomeAssistant, *names: str) -> None:
    """Make helpers to switch, all off: `input_boolean.{name}`, without entries in the registry."""
    assert await async_setup_component(
        hass, "input_boolean", {"input_boolean": {name: {"name": name} for name in names}}
    )
    await hass.async_block_till_done()


class Calls:
    """The service calls that the tests' Home Assistant got, as text."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.contexts: list[Context] = []
        self.stop = hass.bus.async_listen(EVENT_CALL_SERVICE, self._note)

    @callback
    def _note(self, event: Event) -> None:
        self.seen.append((f"{event.data['domain']}.{event.data['service']}", event.data["service_data"]))
        self.contexts.append(event.context)
