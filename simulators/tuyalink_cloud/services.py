"""The cloud's other services: model, firmware, time, configuration, files, raw data (B2 and B3; Tuya's pages of the same names)."""

import base64
from collections.abc import Callable, Mapping
import hashlib
from typing import Any

from .codes import BAD_FORMAT, BAD_PARAMETER, SERVICE_ERROR, SUCCESS, Refused
from .devices import LinkDevice
from .messages import Message
from .reports import Handler, model_of

type Json = dict[str, Any]

_FORMATS = ("simple", "complete")
_BIZ_TYPES = ("INIT", "UPDATE")
CONFIG_BIZ_TYPE = "PRODUCT_FILE"


class Services:
    """Answers them; `now` is the cloud's time in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Keep what comes in the devices."""
        self._now = now

    def handlers(self) -> dict[str, Handler]:
        """Return what does it, by function."""
        return {
            "thing/model/get": self._model,
            "ota/firmware/report": self._versions,
            "ota/get": self._firmware,
            "ota/progress/report": self._progress,
            "ext/time/request": self._time,
            "ext/config/get": self._config,
            "ext/file/upload/request": self._no_files,
            "ext/file/download/request": self._no_files,
            "channel/raw/up": self._raw,
        }

    def _model(self, device: LinkDevice, message: Message) -> Json:
        wanted = "simple" if message.data is None else _object(message.data).get("format", "simple")
        if wanted not in _FORMATS:
            raise Refused(BAD_PARAMETER, f"there is no format {wanted!r}")
        return {"code": SUCCESS, "data": model_of(device).as_json(complete=wanted == "complete")}

    def _versions(self, device: LinkDevice, message: Message) -> Json:
        data = _object(message.data)
        if data.get("bizType") not in _BIZ_TYPES:
            raise Refused(BAD_FORMAT, "bizType is neither INIT nor UPDATE")
        if data.get("pid", device.product.id) != device.product.id:
            raise Refused(BAD_PARAMETER, "pid is another product's")
        channels = data.get("otaChannel")
        if not isinstance(channels, list) or not channels:
            raise Refused(BAD_FORMAT, "otaChannel is no array with anything in it")
        versions = {}
        for one in channels:
            channel, version = _object(one).get("channel"), one.get("version")
            if isinstance(channel, bool) or not isinstance(channel, int) or not isinstance(version, str) or not version:
                raise Refused(BAD_FORMAT, "a channel has no number or no version")
            versions[channel] = version
        device.versions |= versions
        return {"code": SUCCESS}

    def _firmware(self, device: LinkDevice, _: Message) -> Json:
        # What is asked for isn't in our pages, nor what there is to say without a firmware.
        return {"code": SUCCESS, "data": device.issued or {}}

    def _progress(self, device: LinkDevice, message: Message) -> Json:
        data = _object(message.data)
        channel, progress = data.get("channel"), data.get("progress")
        if isinstance(channel, bool) or not isinstance(channel, int):
            raise Refused(BAD_FORMAT, "channel is no integer")
        if "errorCode" in data:
            if not isinstance(data["errorCode"], int):
                raise Refused(BAD_FORMAT, "errorCode is no integer")
        elif isinstance(progress, bool) or not isinstance(progress, int) or not 0 <= progress <= 100:
            raise Refused(BAD_FORMAT, "progress is no integer from 0 to 100")
        device.progress.append(data)
        return {"code": SUCCESS}

    def _time(self, _: LinkDevice, message: Message) -> Json:
        data = _object(message.data)
        if data.get("bizType") != "NTP":
            # Daylight saving time is another bizType; its form isn't in our pages.
            raise Refused(BAD_PARAMETER, f"no bizType {data.get('bizType')!r} here")
        now = int(self._now() * 1000)
        # As in the page's sample, without a code. dst: when the device sent, srt: when we received, sst: when we send.
        return {"data": {"bizType": "NTP", **({"dst": data["dst"]} if "dst" in data else {}), "srt": now, "sst": now}}

    def _config(self, device: LinkDevice, message: Message) -> Json:
        if _object(message.data).get("bizType") != CONFIG_BIZ_TYPE:
            raise Refused(BAD_PARAMETER, "there are only product files")
        config = device.product.config
        if config is None:
            # Nothing says what the cloud answers then.
            return {"code": SUCCESS, "data": {}}
        # As in the page's sample, without a code.
        return {
            "data": {
                "bizType": CONFIG_BIZ_TYPE,
                "pid": device.product.id,
                "fileName": f"{device.product.id}_0.0.1.json",
                "url": f"https://files.invalid/{device.product.id}_0.0.1.json",
                "size": len(config),
                "sha256": hashlib.sha256(config).hexdigest().upper(),
            }
        }

    def _no_files(self, _: LinkDevice, __: Message) -> Json:
        raise Refused(SERVICE_ERROR, "there is no storage for files here")

    def _raw(self, device: LinkDevice, message: Message) -> Json:
        # The form isn't in our pages: Base64 in data, as it is text or under "raw".
        data = message.data.get("raw") if isinstance(message.data, Mapping) else message.data
        try:
            device.raw.append(base64.b64decode(data if isinstance(data, str) else b"?", validate=True))
        except ValueError as err:
            raise Refused(BAD_FORMAT, "raw data is no Base64") from err
        return {"code": SUCCESS}


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise Refused(BAD_FORMAT, "data is no object")
    return value
