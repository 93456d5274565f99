"""What devices report: properties, events, batches, history; and what they should be (B3; Tuya's "Properties, Actions, and Events").

A report with anything wrong in it is refused as a whole; of a batch or a history, what is right is taken (2121), and 2122 says
that nothing was. Both is our choice where the page only has the codes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .codes import (
    ALL_FAILED,
    BAD_FORMAT,
    NO_DEVICE,
    NO_MODEL,
    PARTLY_FAILED,
    SUCCESS,
    TOO_MANY_SUB_DEVICES,
    TOO_MUCH_HISTORY,
    Refused,
)
from .devices import Event, HistoryEntry, LinkDevice, milliseconds
from .messages import Message, is_time
from .thing_model import ThingModel

type Json = dict[str, Any]
type Handler = Callable[[LinkDevice, Message], Json]
"""Does what a device asks for; returns what its answer has beside msgId and time, or raises Refused."""

MOST_SUB_DEVICES = 20
MOST_HISTORY = 500

_DONE: Json = {"code": SUCCESS}


class Reports:
    """Takes what devices report; `note` is told what of a batch was left out."""

    def __init__(self, devices: Mapping[str, LinkDevice], note: Callable[[str], None]) -> None:
        """Keep it in the devices."""
        self._devices = devices
        self._note = note

    def handlers(self) -> dict[str, Handler]:
        """Return what does it, by function."""
        return {
            "thing/property/report": self._report,
            "thing/property/desired/get": self._get_desired,
            "thing/property/desired/delete": self._delete_desired,
            "thing/event/trigger": self._trigger,
            "thing/data/batch_report": self._batch,
            "thing/data/history_report": self._history,
        }

    def _report(self, device: LinkDevice, message: Message) -> Json:
        properties = _object(message.data, "data")
        if not properties:
            raise Refused(BAD_FORMAT, "data is empty")
        model = model_of(device)
        values = {code: _reported(code, one) for code, one in properties.items()}
        for code, (value, _) in values.items():
            model.check_reported(code, value)
        for code, (value, when) in values.items():
            device.take(code, value, when)
        return _DONE

    def _trigger(self, device: LinkDevice, message: Message) -> Json:
        data = _object(message.data, "data")
        code = data.get("eventCode")
        if not isinstance(code, str) or not code:
            raise Refused(BAD_FORMAT, "eventCode is no text")
        _take_event(device, code, data)
        return _DONE

    # Batches

    def _batch(self, device: LinkDevice, message: Message) -> Json:
        data = _object(message.data, "data")
        count = _Count(self._note)
        for one, part in self._parts(device, data, count):
            for code, reported in _object(part.get("properties", {}), "properties").items():
                with count:
                    value, when = _reported(code, reported)
                    model_of(one).check_reported(code, value)
                    one.take(code, value, when)
            for code, event in _object(part.get("events", {}), "events").items():
                with count:
                    _take_event(one, code, _object(event, f"the event {code}"))
        return count.outcome()

    def _history(self, device: LinkDevice, message: Message) -> Json:
        data = _object(message.data, "data")
        count = _Count(self._note)
        parts = self._parts(device, data, count)
        lists = [
            (one, key == "events", _list(part.get(key, []), key))
            for one, part in parts
            for key in ("properties", "events")
        ]
        # "Pieces" are the elements of the arrays, says the page.
        if sum(len(entries) for _, _, entries in lists) > MOST_HISTORY:
            raise Refused(TOO_MUCH_HISTORY, f"more than {MOST_HISTORY} pieces")
        for one, events, entries in lists:
            for entry in entries:
                for code, piece in _object(entry, "an element of the history").items():
                    with count:
                        _take_history(one, code, _object(piece, code), event=events)
        return count.outcome()

    def _parts(self, device: LinkDevice, data: Json, count: _Count) -> list[tuple[LinkDevice, Json]]:
        """Return whose data there is: the device's own and its sub-devices'; raises Refused."""
        if not set(data) <= {"properties", "events", "subDevices"}:
            raise Refused(BAD_FORMAT, f"data has {', '.join(sorted(set(data)))}")
        subs = _list(data.get("subDevices", []), "subDevices")
        if len(subs) > MOST_SUB_DEVICES:
            raise Refused(TOO_MANY_SUB_DEVICES, f"more than {MOST_SUB_DEVICES} sub-devices")
        parts = [(device, data)]
        for sub in subs:
            part = _object(sub, "a sub-device")
            with count(only_failures=True):
                one = self._devices.get(str(part.get("deviceId")))
                if one is None or one.gateway_id != device.id:
                    raise Refused(NO_DEVICE, f"{part.get('deviceId')} isn't bound to {device.id}")
                parts.append((one, part))
        return parts

    # What devices should be

    def _get_desired(self, device: LinkDevice, message: Message) -> Json:
        codes = _list(_object(message.data, "data").get("properties"), "properties")
        found = {
            code: {"version": str(desired.version), "value": desired.value}
            for code in codes
            if isinstance(code, str) and (desired := device.desired.get(code)) is not None
        }
        return {"code": SUCCESS, "data": {"properties": found}}

    def _delete_desired(self, device: LinkDevice, message: Message) -> Json:
        properties = _object(_object(message.data, "data").get("properties"), "properties")
        for code, one in properties.items():
            version = _object(one, code).get("version")
            desired = device.desired.get(code)
            # A newer version stays: it isn't the one that the device has seen.
            if desired is not None and str(version) == str(desired.version):
                del device.desired[code]
        return _DONE


class _Count:
    """Counts what is right and what isn't, of many: `with count:` around each piece."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._good = 0
        self._bad = 0
        self._only_failures = False

    def __call__(self, *, only_failures: bool) -> _Count:
        """Count the next piece only if it fails."""
        self._only_failures = only_failures
        return self

    def __enter__(self) -> None:
        """Begin a piece."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        """End a piece; what is Refused counts, and goes no further."""
        only_failures, self._only_failures = self._only_failures, False
        if isinstance(error, Refused):
            self._bad += 1
            self._note(str(error))
            return True
        self._good += not only_failures
        return False

    def outcome(self) -> Json:
        """Return the answer."""
        if not self._bad:
            return _DONE
        return {"code": PARTLY_FAILED if self._good else ALL_FAILED}


def model_of(device: LinkDevice) -> ThingModel:
    """Return a device's model; raises Refused."""
    if device.product.model is None:
        raise Refused(NO_MODEL, f"{device.product.id} has no model")
    return device.product.model


def _take_event(device: LinkDevice, code: str, event: Json) -> None:
    outputs = _object(event.get("outputParams", {}), "outputParams")
    when = event.get("eventTime")
    if not is_time(when):
        raise Refused(BAD_FORMAT, f"eventTime of {code} is no number of 10 or 13 digits")
    model_of(device).check_event(code, outputs)
    device.events.append(Event(code=code, outputs=outputs, time=milliseconds(when)))


def _take_history(device: LinkDevice, code: str, piece: Json, *, event: bool) -> None:
    # The page's table calls an event's time "time", its sample "eventTime"; neither is required.
    when = piece.get("eventTime", piece.get("time")) if event else piece.get("time")
    if when is not None and not is_time(when):
        raise Refused(BAD_FORMAT, f"the time of {code} is no number of 10 or 13 digits")
    stamp = None if when is None else milliseconds(when)
    value: Any
    if event:
        value = _object(piece.get("outputParams"), "outputParams")
        model_of(device).check_event(code, value)
        device.reports += 1
    else:
        if "value" not in piece:
            raise Refused(BAD_FORMAT, f"{code} has no value")
        value = piece["value"]
        model_of(device).check_reported(code, value)
        device.take(code, value, stamp or 0)
    device.history.append(HistoryEntry(code=code, value=value, time=stamp, event=event))


def _reported(code: str, one: object) -> tuple[Any, int]:
    """Return value and time (ms) of a reported property; raises Refused."""
    part = _object(one, code)
    if "value" not in part:
        raise Refused(BAD_FORMAT, f"{code} has no value")
    when = part.get("time")
    if not is_time(when):
        raise Refused(BAD_FORMAT, f"the time of {code} is no number of 10 or 13 digits")
    return part["value"], milliseconds(when)


def _object(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise Refused(BAD_FORMAT, f"{name} is no object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(BAD_FORMAT, f"{name} is no array")
    return value
