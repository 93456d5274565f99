"""The simulated queue's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /published?after=N, /acked?after=N (ids of those after the N-th). POST /publish {devid, body, protocol, form, damage,
age, properties}, /report {devid, values}, /online {devid, online}, /bind {devid, name}, /unbind, /reset {devid}, /rename {devid,
name}, /voice {devid, text, intent, domain}, /event {devid, code, params}, /upgrade {devid, progress}, /burst {devices, count,
seconds, code}, /faults {name: value, ...}, /families {families, gcm}, /environment {environment}, /stop, /start, /drop, /close
{code}, /garbage {kind, count}, /redeliver, /replay {count}, /rival {present}, /unsubscribe {subscription}. What devices do takes
`age` in seconds and `family`, too, and gives {"ids"}. What is wrong with a request is told as {"error": text}: 400 for bad input,
404 for what there isn't, 409 for what can't be done now. It's no part of any protocol.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from aiohttp import web

from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    after,
    common_actions,
    flag,
    integer,
    json_object,
    number,
    one_of,
    raw_values,
    text,
)

from .bodies import FAMILIES, Family, Subject
from .envelope import DAMAGES, FORMS, Damage, Form
from .publisher import ENVIRONMENTS
from .server import TuyaQueueSimulator, UnknownSubscription
from .session import GARBAGE, Session
from .topic import Busy, Subscription

MOST_BURST = 100_000
_MOST_SECONDS = 1e6


class ControlServer(RemoteControl):
    """Serves the remote control of one queue, also while that is stopped."""

    ERRORS: ClassVar[Errors] = {UnknownSubscription: (404, "there is no such subscription"), Busy: 409}

    def __init__(self, simulator: TuyaQueueSimulator, *, port: int = 0) -> None:
        """Control a simulator; `port` 0 lets the system pick one."""
        self._simulator = simulator
        super().__init__(
            looks={"/state": self._state, "/published": self._published, "/acked": self._acked},
            actions={
                **common_actions(simulator),
                "/publish": self._publish,
                "/report": self._report,
                "/online": self._online,
                "/bind": self._bind,
                "/unbind": self._unbind,
                "/reset": self._reset,
                "/rename": self._rename,
                "/voice": self._voice,
                "/event": self._event,
                "/upgrade": self._upgrade,
                "/burst": self._burst,
                "/families": self._families,
                "/environment": self._environment,
                "/drop": self._drop,
                "/close": self._close,
                "/garbage": self._garbage,
                "/redeliver": self._redeliver,
                "/replay": self._replay,
                "/rival": self._rival,
                "/unsubscribe": self._unsubscribe,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        simulator.topic.expire()
        return web.json_response(
            {
                "url": simulator.url,
                "running": simulator.running,
                "environment": simulator.environment,
                "families": list(simulator.families),
                "gcm": simulator.gcm,
                "handshakes": {str(status): count for status, count in sorted(simulator.handshakes.items())},
                "published": len(simulator.published),
                "frames": simulator.frames,
                "acked": len(simulator.acked),
                "redelivered": len(simulator.redelivered),
                "expired": simulator.topic.expired,
                "closures": [{"code": code, "reason": reason} for code, reason in simulator.closures],
                "rivals": [{"name": one.options.name, "received": len(one.received)} for one in simulator.rivals],
                "connections": [_session_state(session) for session in simulator.sessions],
                "subscriptions": [_subscription_state(one) for one in simulator.subscriptions.values()],
                "faults": simulator.faults.as_json(),
            }
        )

    async def _published(self, request: web.Request) -> web.Response:
        return _ids(request, self._simulator.published)

    async def _acked(self, request: web.Request) -> web.Response:
        return _ids(request, self._simulator.acked)

    # What devices do

    async def _publish(self, body: Body) -> Body:
        content = json_object(body, "body")
        properties = body.get("properties")
        if properties is not None and (
            not isinstance(properties, dict) or not all(isinstance(one, str) for one in properties.values())
        ):
            message = "properties is an object with texts"
            raise BadRequest(message)
        form: Form = one_of(body, "form", FORMS, "common")
        damage: Damage | None = None if body.get("damage") is None else one_of(body, "damage", DAMAGES)
        published = self._simulator.publish(
            content,
            device_id=text(body, "devid"),
            protocol=integer(body, "protocol", 100_000, default=4),
            form=form,
            damage=damage,
            age=_seconds(body, "age"),
            properties=properties,
        )
        return {"ids": [published] if published else []}

    async def _report(self, body: Body) -> Body:
        values = raw_values(body)
        return self._told(self._simulator.report(self._subject(body), values, **_when(body)))

    async def _online(self, body: Body) -> Body:
        tell = self._simulator.online if flag(body, "online") else self._simulator.offline
        return self._told(tell(self._subject(body), **_when(body)))

    async def _bind(self, body: Body) -> Body:
        name = text(body, "name", default="Device")
        return self._told(self._simulator.bind(self._subject(body), name=name, **_when(body)))

    async def _unbind(self, body: Body) -> Body:
        return self._told(self._simulator.unbind(self._subject(body), **_when(body)))

    async def _reset(self, body: Body) -> Body:
        return self._told(self._simulator.reset(self._subject(body), **_when(body)))

    async def _rename(self, body: Body) -> Body:
        return self._told(self._simulator.rename(self._subject(body), text(body, "name"), **_when(body)))

    async def _voice(self, body: Body) -> Body:
        words: dict[str, Any] = {key: text(body, key) for key in ("text", "intent", "domain") if key in body}
        return self._told(self._simulator.voice(self._subject(body), **words, **_when(body)))

    async def _event(self, body: Body) -> Body:
        params = json_object(body, "params", {})
        age = _seconds(body, "age")
        return self._told(self._simulator.event(self._subject(body), text(body, "code"), params, age=age))

    async def _upgrade(self, body: Body) -> Body:
        progress = integer(body, "progress", 100)
        return self._told(self._simulator.upgrade(self._subject(body), progress, **_when(body)))

    async def _burst(self, body: Body) -> Body:
        devices = body.get("devices")
        if not isinstance(devices, list) or not devices or not all(isinstance(one, str) and one for one in devices):
            message = "devices is a list of device ids, and not empty"
            raise BadRequest(message)
        code = text(body, "code", default="bright_value_v2")
        ids = await self._simulator.burst(
            integer(body, "count", MOST_BURST),
            device_ids=devices,
            seconds=_seconds(body, "seconds"),
            code=code,
        )
        return {"count": len(ids)}

    def _subject(self, body: Body) -> Subject:
        """Return the device that a request is about, as it was when it happened."""
        more = {
            key: text(body, name)
            for name, key in (
                ("product_id", "product_id"),
                ("uid", "uid"),
                ("uuid", "uuid"),
                ("parent_id", "parent_id"),
            )
            if name in body
        }
        return self._simulator.subject(text(body, "devid"), age=_seconds(body, "age"), **more)

    @staticmethod
    def _told(ids: Sequence[str]) -> Body:
        return {"ids": [one for one in ids if one]}

    # What goes wrong

    async def _families(self, body: Body) -> Body:
        if "families" in body:
            families = body["families"]
            if not isinstance(families, list) or not families or not all(one in FAMILIES for one in families):
                message = f"families is a list of {', '.join(FAMILIES)}, and not empty"
                raise BadRequest(message)
            self._simulator.families = tuple(families)
        if "gcm" in body:
            self._simulator.gcm = flag(body, "gcm")
        return {"families": list(self._simulator.families), "gcm": self._simulator.gcm}

    async def _environment(self, body: Body) -> Body:
        self._simulator.environment = one_of(body, "environment", ENVIRONMENTS)
        # Who consumes the other one is told so when coming back.
        return {"environment": self._simulator.environment, "dropped": self._simulator.drop()}

    async def _drop(self, _: Body) -> Body:
        return {"dropped": self._simulator.drop()}

    async def _close(self, body: Body) -> Body:
        return {"closed": await self._simulator.close(integer(body, "code", 4999, default=1001))}

    async def _garbage(self, body: Body) -> Body:
        kind = one_of(body, "kind", GARBAGE, "no_json")
        return {"sent": self._simulator.garbage(kind, integer(body, "count", 1000, default=1))}

    async def _redeliver(self, _: Body) -> Body:
        return {"count": self._simulator.redeliver()}

    async def _replay(self, body: Body) -> Body:
        return {"count": self._simulator.replay(integer(body, "count", MOST_BURST))}

    async def _rival(self, body: Body) -> Body:
        if flag(body, "present"):
            self._simulator.add_rival()
        else:
            self._simulator.remove_rivals()
        return {"rivals": len(self._simulator.rivals)}

    async def _unsubscribe(self, body: Body) -> Body:
        self._simulator.unsubscribe(text(body, "subscription") if "subscription" in body else None)
        return {}


def _session_state(session: Session) -> dict[str, Any]:
    consumer = session.consumer
    subscription = consumer.subscription
    return {
        "subscription": None if subscription is None else subscription.name,
        "consumer": session.name,
        "type": consumer.options.type,
        "partitions": [] if subscription is None else subscription.partitions_of(consumer),
        "sent": consumer.sent,
        "pending": consumer.pending,
        "pings": session.pings,
        "nacks": session.nacks,
    }


def _subscription_state(subscription: Subscription) -> dict[str, Any]:
    return {
        "name": subscription.name,
        "type": subscription.kind,
        "consumers": [one.options.name for one in subscription.receivers],
        "backlog": subscription.backlog,
        "unacked": len(subscription.unacked),
    }


# What is asked for, checked


def _when(body: Body) -> dict[str, Any]:
    family: Family | None = None if body.get("family") is None else one_of(body, "family", FAMILIES)
    return {"family": family, "age": _seconds(body, "age")}


def _ids(request: web.Request, ids: Sequence[str]) -> web.Response:
    return web.json_response({"count": len(ids), "ids": ids[after(request) :]})


def _seconds(body: Body, key: str) -> float:
    return number(body, key, _MOST_SECONDS, default=0.0)
