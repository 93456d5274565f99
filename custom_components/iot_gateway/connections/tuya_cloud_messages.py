"""From messages of a project's queue to the hub: states, events, who is there, what devices are called (protocols page, A5).

A message may be hours old, or come a second time after a crash of ours: what counts of two tellings is which is newer by the
cloud's clock, and nothing happens because of an old one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, Protocol

from homeassistant.core import callback

from ..clients.tuya_cloud.devices import CloudDevice
from ..clients.tuya_cloud.message_queue import (
    DeviceBound,
    DeviceEventFired,
    DeviceOffline,
    DeviceOnline,
    DeviceRenamed,
    DeviceUnbound,
    Message,
    ReportedValue,
    StateReported,
    VoiceUnderstood,
)
from ..hub import Hub
from ..model import VOICE_EVENT, Device, Raw
from .freshness import NAME, ONLINE, Freshness

OLD: Final = 60.0
"""Seconds after which a message lets nothing happen any more: it is state then, not news."""
_CODES_KNOWN: Final = 5000


class Listed(Protocol):
    """Who has the list."""

    devices: dict[str, CloudDevice]

    def update_listed(self, device_id: str, **changes: Any) -> None:
        """Take in what is otherwise about a listed device than the list said."""

    def expect_listed(self, device_id: str, *, listed: bool) -> None:
        """Look soon whether a device is in the list, or is not."""

    def look_again(self) -> None:
        """Read the list, some time soon: what a message told of who is there leaves a doubt."""

    def keep_event(self, device_id: str, code: str) -> None:
        """Keep over restarts that a device has an event."""


class MessageTaker:
    """Takes messages one by one, in the order of each device."""

    def __init__(
        self,
        hub: Hub,
        listed: Listed,
        freshness: Freshness,
        *,
        now: Callable[[], float],
        doubt: Callable[[Collection[str]], None],
    ) -> None:
        """Feed `hub`, as far as the messages are newer than what `freshness` knows.

        `now` gives seconds since the epoch by the cloud's clock. `doubt` has the states of devices be read, some time soon: what
        messages told of them leaves a doubt.
        """
        self._hub = hub
        self._listed = listed
        self._now = now
        self._doubt = doubt
        self._freshness = freshness
        self._codes: dict[tuple[str, str], str] = {}
        self._strangers: set[str] = set()
        self._doubted: set[str] = set()
        self._catching_up = True
        self.counts: Final = Counter[str]()

    @callback
    def begin(self, *, catching_up: bool) -> None:
        """Note whether what comes may be a backlog: then what is older than a reading is nothing to wonder about.

        Unless it is hardly older: what leaves a doubt is read once the backlog has come.
        """
        self._catching_up = catching_up
        if not catching_up and self._doubted:
            self._doubt(self._doubted & self._hub.devices.keys())
            self._doubted.clear()

    @callback
    def take(self, message: Message) -> None:
        """Take a message."""
        match message:
            case StateReported():
                self._take_state(message)
            case DeviceOnline() | DeviceOffline():
                self._take_online(message.device_id, self._when(message.time), isinstance(message, DeviceOnline))
            case DeviceBound():
                self._listed.expect_listed(message.device_id, listed=True)
            case DeviceUnbound():
                self._listed.expect_listed(message.device_id, listed=False)
            case DeviceRenamed():
                self._take_name(message.device_id, self._when(message.time), message.name)
            case VoiceUnderstood():
                self._take_event(message.device_id, VOICE_EVENT, _voice_params(message), message.time)
            case DeviceEventFired():
                self._take_event(message.device_id, message.event_code, message.params, message.time)
            case _:
                self.counts["not_used"] += 1

    @callback
    def lost(self, message: Message) -> None:
        """A message could not be taken: what it said of a state is read instead."""
        if message.device_id in self._hub.devices:
            self._doubt((message.device_id,))
        else:
            self._listed.look_again()

    def as_dict(self) -> dict[str, Any]:
        """Return what diagnostics show."""
        return {**self.counts, "strange_devices": len(self._strangers)}

    # State

    def _take_state(self, message: StateReported) -> None:
        device = self._hub.devices.get(message.device_id)
        now = self._now()
        by_time = sorted(message.values, key=lambda value: value.time or message.time or 0)
        batches: list[tuple[bool, dict[str, Raw]]] = []
        past: list[tuple[bool, dict[str, Raw]]] = []
        for value in by_time:
            if (code := self._code(message.device_id, value)) is None:
                self.counts["values_without_code"] += 1
                if device is not None:
                    self._doubt((device.id,))
                continue
            when = self._when(value.time or message.time, now)
            old = now - when > OLD
            if not self._freshness.note_report(message.device_id, code, when):
                self._note_stale(device, code, value.value, when)
                past.append((old, {code: value.value}))
                continue
            if not batches or batches[-1][0] is not old or code in batches[-1][1]:
                # A report may hold a value's history: a press after a press is two
                batches.append((old, {}))
            batches[-1][1][code] = value.value
        if device is None:
            self._keep_for_later(message.device_id, batches)
            return
        # It may go, and come back
        self._strangers.discard(device.id)
        mark = message.data_id or message.time

        def number(values: Mapping[str, Raw], *place: object) -> int | None:
            # Without an id, two reports of a moment are told apart by what they say
            return None if mark is None else hash((mark, *place, repr(values)))

        # They are no state any more, and yet each is a press, or adds to a sum
        for place, (old, values) in enumerate(past):
            self._hub.report_past(device.id, _typed(device, values), number(values, "past", place), late=old)
        if any(not old for old, _ in batches):
            self._note_there(device, self._when(message.time, now))
        for place, (old, values) in enumerate(batches):
            typed = _typed(device, values)
            if old:
                self.counts["old_reports"] += 1
                self._hub.take(device.id, typed)
                self._hub.report_past(device.id, typed, number(values, place), late=True)
            else:
                self._hub.report(device.id, typed, number(values, place))

    def _code(self, device_id: str, value: ReportedValue) -> str | None:
        """Return a value's code; where only the data point's id is told, that which came with it before."""
        if value.code is not None:
            if value.dp_id is not None and len(self._codes) < _CODES_KNOWN:
                self._codes[device_id, value.dp_id] = value.code
            return value.code
        return None if value.dp_id is None else self._codes.get((device_id, value.dp_id))

    def _note_stale(self, device: Device | None, code: str, raw: Raw, when: float) -> None:
        """Note a value that is older than what is known, and so is not taken.

        That may come of a device's clock: then what it says is news, however old it claims to be, and is read. So it may of a
        reading that was answered before the report had arrived.
        """
        self.counts["stale_values"] += 1
        if device is None:
            return
        known = device.schema.renamed.get(code, code)
        if _typed(device, {code: raw})[code] == device.state.get(known):
            return
        if not self._catching_up:
            self._doubt((device.id,))
        elif self._freshness.was_read_about(device.id, code, when, OLD):
            self._doubted.add(device.id)

    def _note_there(self, device: Device, when: float) -> None:
        """A device that reports is there; the rule in the console may have no messages that say so."""
        if not device.online and self._freshness.note_report(device.id, ONLINE, when):
            self._listed.update_listed(device.id, online=True)
            self._hub.set_online(device.id, online=True)

    def _keep_for_later(self, device_id: str, batches: Iterable[tuple[bool, Mapping[str, Raw]]]) -> None:
        """Keep the state of a device that is not brought, or not yet; look for one that is not even listed."""
        if (listed := self._listed.devices.get(device_id)) is None:
            self._meet_stranger(device_id)
            return
        status = dict(listed.status)
        for _, values in batches:
            status.update(values)
        self._listed.update_listed(device_id, status=status)

    def _meet_stranger(self, device_id: str) -> None:
        """A message of a device that no list had: look, once."""
        self.counts["of_strange_devices"] += 1
        if device_id not in self._strangers and len(self._strangers) < _CODES_KNOWN:
            self._strangers.add(device_id)
            self._listed.expect_listed(device_id, listed=True)

    # What is not state

    def _take_online(self, device_id: str, when: float, online: bool) -> None:
        if not self._freshness.note_report(device_id, ONLINE, when):
            self.counts["stale_values"] += 1
            device = self._hub.devices.get(device_id)
            if (
                device is not None
                and device.online is not online
                and self._freshness.was_read_about(device_id, ONLINE, when, OLD)
            ):
                self._listed.look_again()
            return
        if device_id not in self._listed.devices and device_id not in self._hub.devices:
            self._meet_stranger(device_id)
            return
        self._listed.update_listed(device_id, online=online)
        if device_id in self._hub.devices:
            self._hub.set_online(device_id, online=online)

    def _take_name(self, device_id: str, when: float, name: str) -> None:
        if not self._freshness.note_report(device_id, NAME, when):
            self.counts["stale_values"] += 1
        elif device_id in self._listed.devices:
            self._listed.update_listed(device_id, name=name)
        else:
            self._meet_stranger(device_id)

    def _take_event(self, device_id: str, code: str, params: Mapping[str, Any], time: int | None) -> None:
        if device_id not in self._hub.devices:
            if device_id not in self._listed.devices:
                self._meet_stranger(device_id)
            return
        now = self._now()
        self._listed.keep_event(device_id, code)
        if now - self._when(time, now) > OLD:
            self.counts["old_events"] += 1
            self._hub.fire(device_id, code, None)
        else:
            self._hub.fire(device_id, code, params)

    def _when(self, time: int | None, now: float | None = None) -> float:
        """Return when something was in seconds: not later than now, as clocks of devices may be; now where that is not told."""
        now = self._now() if now is None else now
        return now if time is None else min(time / 1000, now)


def _typed(device: Device, values: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return values in the form that their data points have, "true" of a Boolean as True."""
    points, renamed = device.schema.points, device.schema.renamed
    return {
        code: raw if (point := points.get(renamed.get(code, code))) is None else point.typed(raw)
        for code, raw in values.items()
    }


def _voice_params(message: VoiceUnderstood) -> dict[str, Any]:
    """Return what is told of a sentence that a speaker understood."""
    entities = [
        entity
        for one in message.nlu
        if isinstance(found := one.get("entities"), list)
        for entity in found
        if isinstance(entity, Mapping)
    ]
    return {
        "text": message.text,
        "intent": message.intent,
        "domain": message.domain,
        "entities": [dict(entity) for entity in entities],
    }
