"""What devices say of their own accord through the X-P2P agent (seed 002, "发送信令"): the agent passes it on to a webhook.

The agent signs nothing: that it knows the webhook's id is what shows that it is the user's. It is answered as the device itself is,
with a status of which 0 is good.
"""

from collections import Counter
import logging
import time
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component

from ..clients.tencent_video import CallFeedback, FeedbackInvalid, MessageFeedback, feedback_reply, parse_feedback
from ..clients.tencent_video.feedback import MAX_FEEDBACK_BYTES
from ..const import DOMAIN
from ..hub import Hub
from ..model.tencent_schema import CALL_EVENT, FEEDBACK_EVENT
from .tencent_video_catalogue import device_key

_LOGGER = logging.getLogger(__name__)

_BAD: Final = 1
_REPEATED_WITHIN: Final = 2.0
"""Seconds."""


class AgentFeedback:
    """The webhook of one entry's agent; its id is in the entry's data, and made where it is not there yet."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, hub: Hub) -> None:
        """Be ready to listen."""
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._webhook_id = ""
        self._listening = False
        self._heard: dict[tuple[str, bytes], float] = {}
        self._taken: Counter[str] = Counter()

    async def prepare(self) -> None:
        """Have Home Assistant's webhooks be there, and an id for this one."""
        self._webhook_id = async_feedback_id(self._hass, self._entry)
        await async_setup_component(self._hass, webhook.DOMAIN, {})

    @callback
    def start(self) -> None:
        """Listen."""
        self._listening = True
        webhook.async_register(
            self._hass,
            DOMAIN,
            f"X-P2P agent {self._entry.title}",
            self._webhook_id,
            self._handle,
            # The agent need not be in the same network
            local_only=False,
            allowed_methods=(hdrs.METH_POST,),
        )

    @callback
    def stop(self) -> None:
        """Listen no more."""
        if self._listening:
            self._listening = False
            webhook.async_unregister(self._hass, self._webhook_id)

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs, without the address."""
        return {"taken": dict(self._taken)}

    async def _handle(self, _hass: HomeAssistant, _webhook_id: str, request: web.Request) -> web.Response:
        body = b""
        while len(body) <= MAX_FEEDBACK_BYTES and (
            more := await request.content.read(MAX_FEEDBACK_BYTES + 1 - len(body))
        ):
            body += more
        if len(body) > MAX_FEEDBACK_BYTES:
            return self._answer(_BAD, status=413)
        try:
            feedback = parse_feedback(request.query, body)
        except FeedbackInvalid as err:
            self._taken["unreadable"] += 1
            _LOGGER.debug("%s got a message that cannot be read: %s", self._entry.title, err)
            return self._answer(_BAD, status=400)
        device_id = device_key(feedback.product_id, feedback.device_name)
        if device_id not in self._hub.devices:
            self._taken["of unknown devices"] += 1
            return self._answer(_BAD, status=404)
        if self._is_repeated(device_id, body):
            self._taken["repeated"] += 1
            return self._answer(0)
        self._taken[type(feedback).__name__] += 1
        if isinstance(feedback, CallFeedback):
            self._hub.fire(device_id, CALL_EVENT, {"signal": feedback.signal.value})
        elif isinstance(feedback, MessageFeedback):
            self._hub.fire(device_id, FEEDBACK_EVENT, {"source": "agent", "message": dict(feedback.message)})
        else:
            self._hub.fire(device_id, FEEDBACK_EVENT, {"source": "agent", "command": feedback.command})
        return self._answer(0)

    def _is_repeated(self, device_id: str, body: bytes) -> bool:
        """Whether the same came a moment ago: messages have no number, and an agent may send one again."""
        now = time.monotonic()
        self._heard = {key: when for key, when in self._heard.items() if now - when < _REPEATED_WITHIN}
        if (device_id, body) in self._heard:
            return True
        self._heard[device_id, body] = now
        return False

    def _answer(self, code: int, *, status: int = 200) -> web.Response:
        return web.Response(text=feedback_reply(code), content_type="application/json", status=status)


@callback
def async_feedback_id(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the id of the webhook of an entry's agent."""
    if not (webhook_id := entry.data.get(CONF_WEBHOOK_ID)):
        webhook_id = webhook.async_generate_id()
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_WEBHOOK_ID: webhook_id})
    return str(webhook_id)


@callback
def async_feedback_url(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the address that the user gives to the agent; raises NoURLAvailableError."""
    return webhook.async_generate_url(hass, async_feedback_id(hass, entry))
