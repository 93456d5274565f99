"""What Tencent's cloud pushes over HTTP: the webhook, who may use it, and what becomes of what it brings (page section 3).

Only a token, a time and a nonce are signed. So nothing but a state's change, an event or a device's coming and going follows from
a push, and nothing that could not be undone.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
import hashlib
import logging
from typing import Any, Final, Protocol

from aiohttp import hdrs, web
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component

from ..clients.tencent_video import (
    AnyPush,
    CustomPush,
    EventPush,
    ForwardGuard,
    ForwardRefused,
    PropertyPush,
    PushInvalid,
    RefusalReason,
    StatusPush,
    parse_push,
)
from ..clients.tencent_video.push import MAX_BODY
from ..const import CONF_ENABLED, CONF_PUSH, DOMAIN
from ..hub import Hub
from ..model.tencent_schema import FEEDBACK_EVENT, without_system
from .freshness import ONLINE, Freshness
from .tencent_video_catalogue import device_key
from .tencent_video_push_watch import PushWatch
from .tencent_video_troubles import TencentTroubles
from .tencent_video_usage import TencentUsage

_LOGGER = logging.getLogger(__name__)

_MOST_AGE: Final = 60_000
"""Milliseconds. What happened longer ago is history and fires nothing any more."""
_MOST_SEEN: Final = 2000


def push_settings(entry: ConfigEntry) -> tuple[str, str] | None:
    """Return the webhook id and the token of an entry's pushes, None where they are off."""
    found: Mapping[str, Any] = entry.options.get(CONF_PUSH) or {}
    webhook_id, token = str(found.get(CONF_WEBHOOK_ID) or ""), str(found.get(CONF_TOKEN) or "")
    return (webhook_id, token) if found.get(CONF_ENABLED) and webhook_id and token else None


class Listener(Protocol):
    """Who is told what a push has brought."""

    @callback
    def device_unknown(self, device_id: str) -> None:
        """A device pushes that is not listed."""

    @callback
    def device_told(self, device_id: str) -> None:
        """A device pushed what it reports."""

    @callback
    def device_came(self, device_id: str) -> None:
        """A device is there again, or an old push of it came late; what it reported meanwhile may not have been pushed."""

    @callback
    def status_late(self) -> None:
        """A device came or went some time ago: the list of devices knows what is so now."""


class PushTaker:
    """Takes pushes in."""

    def __init__(
        self, hub: Hub, listener: Listener, watch: PushWatch, freshness: Freshness, now: Callable[[], float]
    ) -> None:
        """Feed `hub`; `now` gives seconds since the epoch by the cloud's clock."""
        self._hub = hub
        self._listener = listener
        self._watch = watch
        self._freshness = freshness
        self._now = now
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._pushed_at: dict[str, dict[str, int]] = {}
        self._number = 0
        self.kinds: Counter[str] = Counter()

    @callback
    def take(self, push: AnyPush) -> None:
        """Take in what was pushed, once however often it comes."""
        self.kinds[type(push).__name__] += 1
        device_id = device_key(push.product_id, push.device_name)
        if device_id not in self._hub.devices:
            self.kinds["of unknown devices"] += 1
            self._listener.device_unknown(device_id)
            return
        if self._is_repeated(push):
            self.kinds["repeated"] += 1
            return
        self._number += 1
        match push:
            case StatusPush():
                self._take_status(device_id, push)
            case PropertyPush():
                self._take_values(device_id, push)
            case EventPush():
                self._take_events(device_id, push)
            case CustomPush():
                if self._is_recent(push.time_ms):
                    message = {"source": "cloud", "topic": push.topic, "message": push.payload}
                    self._hub.fire(device_id, FEEDBACK_EVENT, message, self._number)
            case _:
                # Answers to actions: who called one waited for its answer
                pass

    def _take_status(self, device_id: str, push: StatusPush) -> None:
        if push.online is None:
            _LOGGER.debug("%s pushed the status %s, which is unknown", device_id, push.event)
            return
        if not self._is_recent(push.time_ms):
            self.kinds["late"] += 1
            self._listener.status_late()
            return
        if not self._newest(device_id, (ONLINE,), push.time_ms):
            return
        if not self._freshness.note_report(device_id, ONLINE, self._now()):
            return
        came = push.online and not self._hub.devices[device_id].online
        self._hub.set_online(device_id, online=push.online)
        if came:
            self._listener.device_came(device_id)

    def _take_values(self, device_id: str, push: PropertyPush) -> None:
        if not self._is_recent(push.time_ms):
            # The cloud repeats what it could not deliver: what is so by now is read rather than undone
            self.kinds["late"] += 1
            self._listener.device_came(device_id)
            return
        now = self._now()
        found = without_system(push.values)
        newest = self._newest(device_id, found, push.time_ms)
        values = {code: raw for code, raw in found.items() if code in newest}
        for code in values:
            self._freshness.note_report(device_id, code, now)
        self._watch.heard(device_id)
        self._come(device_id, now)
        self._hub.report(device_id, values, self._number)
        self._listener.device_told(device_id)

    def _take_events(self, device_id: str, push: EventPush) -> None:
        self._come(device_id, self._now())
        for event in push.events:
            if self._is_recent(push.time_ms) and self._is_recent(event.time_ms):
                self._hub.fire(device_id, event.event_id, event.params, self._number)
            else:
                self.kinds["events that are history"] += 1

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._pushed_at.pop(device_id, None)

    def _newest(self, device_id: str, codes: Iterable[str], time_ms: int | None) -> set[str]:
        """Return those of the codes of which no later push has told: two that follow closely may overtake each other."""
        if time_ms is None:
            return set(codes)
        pushed_at = self._pushed_at.setdefault(device_id, {})
        newest = {code for code in codes if pushed_at.get(code, time_ms) <= time_ms}
        pushed_at.update(dict.fromkeys(newest, time_ms))
        return newest

    def _come(self, device_id: str, now: float) -> None:
        """A device that says something is there."""
        if not self._hub.devices[device_id].online:
            self._freshness.note_report(device_id, ONLINE, now)
            self._hub.set_online(device_id, online=True)

    def _is_recent(self, time_ms: int | None) -> bool:
        return time_ms is None or self._now() * 1000 - time_ms <= _MOST_AGE

    def _is_repeated(self, push: AnyPush) -> bool:
        """Whether the same push came before: the cloud sends again what it thinks was not taken, newly signed."""
        if push.time_ms is None and push.sequence is None:
            return False
        # Not the push itself, which may be long
        key = hashlib.sha256(repr(push).encode(errors="replace")).digest()
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)
        return False


class TencentPush:
    """The webhook of one entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        webhook_id: str,
        *,
        guard: ForwardGuard,
        taker: PushTaker,
        usage: TencentUsage,
        troubles: TencentTroubles,
    ) -> None:
        """Be ready to listen."""
        self._hass = hass
        self._entry = entry
        self._webhook_id = webhook_id
        self._guard = guard
        self._taker = taker
        self._usage = usage
        self._troubles = troubles
        self._refused: Counter[str] = Counter()
        self._invalid = 0
        self._listening = False

    async def prepare(self) -> None:
        """Have Home Assistant's webhooks be there: only who has pushes needs them."""
        await async_setup_component(self._hass, webhook.DOMAIN, {})

    @callback
    def start(self) -> None:
        """Listen."""
        self._listening = True
        webhook.async_register(
            self._hass,
            DOMAIN,
            f"Tencent IoT Video {self._entry.title}",
            self._webhook_id,
            self._handle,
            local_only=False,
            allowed_methods=(hdrs.METH_GET, hdrs.METH_POST),
        )

    @callback
    def stop(self) -> None:
        """Listen no more."""
        if self._listening:
            self._listening = False
            webhook.async_unregister(self._hass, self._webhook_id)

    @callback
    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._taker.drop(device_id)

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs: neither address nor token."""
        return {"refused": dict(self._refused), "unreadable": self._invalid, "taken": dict(self._taker.kinds)}

    async def _handle(self, _hass: HomeAssistant, _webhook_id: str, request: web.Request) -> web.Response:
        try:
            if request.method == hdrs.METH_GET:
                # The check of the address, when it is saved or switched on in the console
                echo = self._guard.echo(request.headers)
                self._troubles.push_refused(refused=False)
                return web.Response(text=echo, content_type="text/plain")
            self._guard.check(request.headers)
        except ForwardRefused as err:
            return self._refuse(err.reason)
        body = await request.content.read(MAX_BODY + 1)
        while len(body) <= MAX_BODY and (more := await request.content.read(MAX_BODY + 1 - len(body))):
            body += more
        if len(body) > MAX_BODY:
            return web.Response(status=413)
        self._troubles.push_refused(refused=False)
        try:
            push = parse_push(body)
        except PushInvalid as err:
            self._invalid += 1
            _LOGGER.debug("%s got a push that cannot be read: %s", self._entry.title, err)
            return web.Response(status=400)
        self._usage.count_push()
        self._troubles.push_silent(silent=False)
        self._taker.take(push)
        return web.Response()

    def _refuse(self, reason: RefusalReason) -> web.Response:
        if reason is RefusalReason.SIGNATURE:
            # The address is a secret: who knows it is the cloud, most likely, with another token
            self._troubles.push_refused(refused=True)
            if not self._refused[reason]:
                _LOGGER.warning(
                    "%s got a push with a wrong signature: the token in Tencent's console is another one than here",
                    self._entry.title,
                )
        self._refused[reason] += 1
        return web.Response(status=401)
