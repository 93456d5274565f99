"""What the cloud asks to be set, carried out as service calls to exposed entities.

A code that nothing was tied to leads to no service call, and neither does one to a lock or an alarm panel that the user has not
confirmed. The outcome is what is answered; the state that came of it is what is reported.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final

from homeassistant.components.light.const import ATTR_COLOR_TEMP_KELVIN, ATTR_HS_COLOR
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    SERVICE_TURN_OFF,
    STATE_UNAVAILABLE,
)
from homeassistant.core import CALLBACK_TYPE, Context, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceNotFound, ServiceValidationError
from homeassistant.helpers.event import async_call_later
import voluptuous as vol

from ..clients.tuyalink import (
    DONE,
    FAILED,
    INVALID,
    NO_DEVICE,
    NO_PROPERTY,
    OFFLINE,
    LinkError,
    Outbox,
    PropertySet,
    TuyaLink,
    answer_set,
)
from ..exposures.domains import Command
from ..exposures.errors import Unconvertible, Unsettable
from .tuyalink_exposed import Exposed, ExposedMember

_LOGGER = logging.getLogger(__name__)

_DONE_WITHIN: Final = 15.0
"""Seconds after which a service call that goes on is answered as failed; the app does not wait for longer."""
_SETTLED_WITHIN: Final = 3.0
"""Seconds after which the state is told to an app that may show what it has asked for and did not get."""
_MOST_AT_ONCE: Final = 200
"""Commands under way; a cloud that sends more is told that they failed."""
_COLORS: Final = frozenset({ATTR_HS_COLOR, ATTR_COLOR_TEMP_KELVIN})
"""A light takes one of these in a call."""
_OTHER_TARGETS: Final = frozenset({ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID})


@dataclass(slots=True, eq=False, kw_only=True)
class _Step:
    """A service call, and the properties that it is for.

    `carried` are the names in `data` that give way to what is set. `last`: it names the mode that is to be in force in the end.
    """

    member: ExposedMember
    domain: str
    service: str
    data: dict[str, Any]
    codes: list[str]
    carried: set[str] = field(default_factory=set)
    last: bool = False


class Commands:
    """Carries out what the cloud wants properties to be.

    Args:
        hass: Home Assistant.
        link: that answers are sent over.
        exposed: all that can be reached.
        outbox: that is told what came of it.
    """

    def __init__(self, hass: HomeAssistant, link: TuyaLink, exposed: Exposed, outbox: Outbox) -> None:
        """Be ready."""
        self._hass = hass
        self._link = link
        self._exposed = exposed
        self._outbox = outbox
        self._locks: dict[str, asyncio.Lock] = {}
        self._under_way = 0
        self._settling: dict[tuple[str, str], CALLBACK_TYPE] = {}
        self.total = 0
        """Commands that came, wishes and actions not among them."""
        self.refused = 0
        """Those among them that led to nothing."""

    async def property_set(self, command: PropertySet) -> None:
        """Carry out a command and answer it; raises LinkLost."""
        self.total += 1
        before = self.values(command.device_id, command.values)
        outcomes = await self.set_values(command.device_id, command.values, all_or_none=True)
        code = next((code for code in outcomes.values() if code != DONE), DONE)
        if code != DONE:
            self.refused += 1
        await answer_set(self._link, command, code)
        self.show(command.device_id, command.values, before)

    async def set_values(
        self, device_id: str, values: Mapping[str, Any], *, all_or_none: bool = False, late: bool = False
    ) -> dict[str, int]:
        """Set properties of a device; returns the answer's code of each.

        Args:
            device_id: of the device.
            values: as they go over the wire, by code.
            all_or_none: do nothing where one of them cannot be set.
            late: they were wished for in the past. What may let somebody in is not done then.
        """
        if device_id not in self._exposed.device_ids:
            return dict.fromkeys(values, NO_DEVICE)
        if self._under_way >= _MOST_AT_ONCE:
            _LOGGER.warning("The TuyaLink cloud sends more commands than can be carried out")
            return dict.fromkeys(values, FAILED)
        outcomes: dict[str, int] = {}
        steps: list[_Step] = []
        for code, raw in values.items():
            outcome = self._plan(device_id, code, raw, late=late)
            if isinstance(outcome, int):
                outcomes[code] = outcome
            else:
                steps.append(outcome)
        if all_or_none and outcomes:
            return dict.fromkeys(values, next(iter(outcomes.values())))
        by_entity: dict[str, list[_Step]] = {}
        for step in _merged(steps):
            by_entity.setdefault(step.member.entity_id, []).append(step)
        self._under_way += 1
        try:
            for done in await asyncio.gather(*map(self._carry_out, by_entity.values())):
                outcomes |= done
        finally:
            self._under_way -= 1
        return outcomes

    @callback
    def show(self, device_id: str, wanted: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Tell the cloud what properties have become by a command: at once what has changed, the rest when it has had time.

        Args:
            device_id: of the device.
            wanted: what they were to become, by code.
            before: what they were before.
        """
        now = self.values(device_id, wanted)
        for code, raw in wanted.items():
            if (cancel := self._settling.pop((device_id, code), None)) is not None:
                cancel()
            if code not in now:
                continue
            if now[code] != before.get(code):
                # It was offered as it changed, and may have been reported while the service was still at it
                self._outbox.hurry(device_id, code)
            elif now[code] == raw or self._is_pressed(device_id, code):
                self._echo(device_id, code, now[code])
            else:
                self._settling[device_id, code] = async_call_later(
                    self._hass,
                    _SETTLED_WITHIN,
                    HassJob(partial(self._settled, device_id, code, raw, now[code]), cancel_on_shutdown=True),
                )

    def values(self, device_id: str, codes: Iterable[str]) -> dict[str, Any]:
        """Return what properties of a device are now, as they go over the wire; those that are not known are missing."""
        members = {member: None for code in codes if (member := self._exposed.member_of(device_id, code)) is not None}
        known: dict[str, Any] = {}
        for member in members:
            known |= self._exposed.values(member)
        return {code: known[code] for code in codes if code in known}

    @callback
    def stop(self) -> None:
        """Show nothing any more. What was begun in the house goes on there."""
        for cancel in self._settling.values():
            cancel()
        self._settling.clear()

    @callback
    def _settled(self, device_id: str, code: str, wanted: Any, before: Any, _now: datetime) -> None:
        """Correct an app that shows what it wanted and did not get; what has changed meanwhile was reported as it did."""
        _ = self._settling.pop((device_id, code), None)
        now = self.values(device_id, (code,)).get(code, before)
        if now == before and now != wanted:
            self._echo(device_id, code, now)

    def _is_pressed(self, device_id: str, code: str) -> bool:
        """Whether a property is one that jumps back by itself."""
        return (member := self._exposed.member_of(device_id, code)) is not None and code in member.bound.released

    def _echo(self, device_id: str, code: str, value: Any) -> None:
        try:
            self._outbox.echo(device_id, code, value)
        except LinkError as err:
            self._exposed.note(device_id, code, str(err))

    def _plan(self, device_id: str, code: str, raw: Any, *, late: bool) -> _Step | int:
        """Return the service call that sets a property, or the answer's code where there is none."""
        member = self._exposed.member_of(device_id, code)
        if member is None:
            return NO_PROPERTY
        state = self._hass.states.get(member.entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            return OFFLINE
        if late and member.is_sensitive(code):
            _LOGGER.warning("What the cloud wished %s to be in the past is not done now", member.entity_id)
            return FAILED
        try:
            command = member.bound.command(state, code, raw)
        except Unconvertible as err:
            _LOGGER.debug("The cloud sets %s of %s to what it cannot be: %s", code, member.entity_id, err)
            return INVALID
        except Unsettable as err:
            _LOGGER.debug("The cloud cannot set %s of %s: %s", code, member.entity_id, err)
            return FAILED
        return _Step(
            member=member,
            domain=command.domain,
            service=command.service,
            data=_checked(command, member.entity_id),
            codes=[code],
            carried=set(command.carried),
            last=command.data.keys() - {ATTR_ENTITY_ID} == command.carried != frozenset(),
        )

    async def _carry_out(self, steps: list[_Step]) -> dict[str, int]:
        """Call the services of one entity one after the other, and return what came of each property."""
        outcomes: dict[str, int] = {}
        lock = self._locks.setdefault(steps[0].member.entity_id, asyncio.Lock())
        # What the cloud sends one after the other is done in that order
        async with lock:
            for step in steps:
                outcomes |= dict.fromkeys(step.codes, await self._call(step))
        return outcomes

    async def _call(self, step: _Step) -> int:
        call = self._hass.async_create_task(
            self._hass.services.async_call(step.domain, step.service, step.data, blocking=True, context=Context()),
            f"tuyalink command {step.member.entity_id}",
        )
        _ = await asyncio.wait((call,), timeout=_DONE_WITHIN)
        what = f"{step.domain}.{step.service} of {step.member.entity_id}"
        if not call.done():
            _LOGGER.warning("The cloud's command %s is not done after %s s", what, _DONE_WITHIN)
            call.add_done_callback(_ignore)
            return FAILED
        try:
            _ = call.result()
        except ServiceNotFound as err:
            _LOGGER.warning("The cloud's command %s failed: %s", what, err)
            return FAILED
        except (ServiceValidationError, vol.Invalid) as err:
            _LOGGER.warning("The cloud's command %s is not allowed: %s", what, err)
            return INVALID
        except HomeAssistantError as err:
            _LOGGER.warning("The cloud's command %s failed: %s", what, err)
            return FAILED
        except Exception:
            _LOGGER.exception("The cloud's command %s failed", what)
            return FAILED
        return DONE


def _checked(command: Command, entity_id: str) -> dict[str, Any]:
    """Return the data of a service call that reaches one entity; raises ValueError where it could reach another."""
    if (
        command.domain != entity_id.partition(".")[0]
        or command.data.get(ATTR_ENTITY_ID, entity_id) != entity_id
        or not _OTHER_TARGETS.isdisjoint(command.data)
    ):
        raise ValueError(f"A command for {entity_id} has another target")
    return {**command.data, ATTR_ENTITY_ID: entity_id}


def _merged(steps: list[_Step]) -> list[_Step]:
    """Return service calls with those made one that are the same service of the same entity (a light's brightness and colour).

    What names a mode comes behind what contradicts it: it may stand anywhere in a message, and is in force in the end. What turns
    something off comes last: another of the same message, such as a brightness, would turn it on again.
    """
    merged: dict[tuple[int, str, str], list[_Step]] = {}
    result: list[_Step] = []
    # What names a mode can see what is set in it only when all the rest is there
    for step in sorted(steps, key=lambda step: step.last):
        known = merged.setdefault((id(step.member), step.domain, step.service), [])
        # Else only with the latest: what contradicts is done in its order
        candidates = [one for one in known if step.carried & one.data.keys()] if step.last else []
        if (into := next((one for one in (*candidates, *known[-1:]) if _agree(one, step)), None)) is None:
            known.append(step)
            result.append(step)
            continue
        given = {name for name in step.data if name not in step.carried or name not in into.data}
        into.carried = (into.carried - given) | (step.carried & given)
        into.data |= {name: step.data[name] for name in given}
        into.codes += step.codes
        into.last = into.last or step.last
    return sorted(result, key=lambda step: (step.service == SERVICE_TURN_OFF, step.last))


def _agree(one: _Step, other: _Step) -> bool:
    """Whether two calls of a service can be one."""
    given = (one.data.keys() & other.data.keys()) - one.carried - other.carried
    if not all(one.data[name] == other.data[name] for name in given):
        return False
    return len(_COLORS & (one.data.keys() | other.data.keys())) <= 1


def _ignore(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (err := task.exception()) is not None:
        _LOGGER.debug("A command that was given up failed: %s", err)
