"""What a project publishes: any body, and what its devices do, in the families of messages that it has enabled."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
import itertools
import secrets
from typing import Any, Literal, get_args

from . import bodies
from .authentication import payload_key
from .bodies import Body, Family, Subject
from .envelope import Damage, Form, seal
from .faults import Faults
from .topic import Topic

type Environment = Literal["event", "event-test"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment.__value__)

DEFAULT_UID = "eu1700000000001demo"
NAMESPACE = "out"
NOTICE = "notice"

MOST_KEPT = 100_000
_BURST_AT_ONCE = 50


class Publisher:
    """A project with its topics; `partitions` of "event". The other arguments are those of TuyaQueueSimulator. Raises BadSecret."""

    def __init__(
        self,
        *,
        access_id: str,
        access_secret: str | Callable[[], str],
        environment: Environment,
        partitions: int,
        families: Sequence[Family],
        gcm: bool,
        retention: float,
        failover_delay: float,
        faults: Faults,
        now: Callable[[], float],
    ) -> None:
        """Prepare; nobody is subscribed yet."""
        self.access_id = access_id
        self._access_secret = access_secret
        payload_key(self.access_secret)
        self.environment: Environment = environment
        self.families: tuple[Family, ...] = tuple(families)
        self.gcm = gcm
        self._faults = faults
        self._now = now
        self.topics = {
            name: Topic(name, count, now=self.now, retention=retention, failover_delay=failover_delay)
            for name, count in (("event", partitions), ("event-test", 0), (NOTICE, 0))
        }
        self.published: list[str] = []
        """Ids of all messages that were published; the first 100 000."""
        self._damaged = 0
        self._data_ids = itertools.count(1)

    @property
    def faults(self) -> Faults:
        """Return what goes wrong; change it, it can't be replaced."""
        return self._faults

    @property
    def access_secret(self) -> str:
        """Return the project's Access Secret."""
        return self._access_secret if isinstance(self._access_secret, str) else self._access_secret()

    @access_secret.setter
    def access_secret(self, secret: str) -> None:
        payload_key(secret)
        self._access_secret = secret

    def now(self) -> float:
        """Return the queue's time."""
        return self._now()

    @property
    def topic(self) -> Topic:
        """Return the topic of the environment."""
        return self.topics[self.environment]

    def publish(
        self,
        body: object,
        *,
        device_id: str,
        protocol: int = 4,
        form: Form = "common",
        damage: Damage | None = None,
        age: float = 0.0,
        properties: Mapping[str, str] | None = None,
        event_time: float | None = None,
        topic: str | None = None,
    ) -> str:
        """Publish a body; return the message's id, empty if the fault `no_rule` keeps it from being one.

        `device_id` chooses the partition. `age` in seconds: it was published that long ago, and its envelope says so; what its
        body says is the caller's. `properties` count instead of the usual ones, `damage` instead of that of the faults.
        """
        if self.faults.no_rule:
            return ""
        ids = [
            self._publish_once(
                body,
                device_id=device_id,
                protocol=protocol,
                form=form,
                damage=damage,
                age=age,
                properties=properties,
                event_time=event_time,
                topic=topic,
            )
            for _ in range(2 if self.faults.duplicate_messages else 1)
        ]
        return ids[0]

    def _publish_once(
        self,
        body: object,
        *,
        device_id: str,
        protocol: int,
        form: Form,
        damage: Damage | None,
        age: float,
        properties: Mapping[str, str] | None,
        event_time: float | None,
        topic: str | None,
    ) -> str:
        if damage is None and self.faults.damage is not None:
            self._damaged += 1
            if self._damaged % self.faults.damage_every == 0:
                damage = self.faults.damage
        sealed = seal(
            body,
            self.access_secret,
            form=form,
            protocol=protocol,
            t=int((self.now() - age) * 1000),
            damage=damage,
        )
        if properties is None and self.faults.properties != "missing":
            usual = {"em": sealed.encryption, "tid": secrets.token_hex(16)}
            properties = usual if self.faults.properties == "usual" else {}
        message = self.topics[self.environment if topic is None else topic].publish(
            b64encode(sealed.text.encode()).decode(),
            device_id=device_id,
            properties=properties,
            with_key=not self.faults.no_key,
            age=age,
            event_time=event_time,
        )
        keep(self.published, message.id)
        self._notify()
        return message.id

    def _notify(self) -> None:
        """Be told of every publication."""

    # What devices do

    def subject(
        self,
        device_id: str,
        *,
        age: float = 0.0,
        product_id: str = "",
        uid: str = DEFAULT_UID,
        uuid: str = "",
        parent_id: str = "",
    ) -> Subject:
        """Return whom a message is about; `age` in seconds: it happened that long ago."""
        return Subject(
            device_id=device_id,
            time=int((self.now() - age) * 1000),
            product_id=product_id,
            uid=uid,
            uuid=uuid,
            parent_id=parent_id,
        )

    def report(
        self,
        device: str | Subject,
        values: Mapping[str, Any],
        *,
        family: Family | None = None,
        dp_ids: Mapping[str, int] | None = None,
        data_id: str | None = None,
        age: float = 0.0,
    ) -> list[str]:
        """Let a device report raw values by code; return the ids of the messages, one for each family.

        Here and in what follows: `device` is an id or all that messages tell of one; `family` counts instead of `families`;
        `age` in seconds: it happened that long ago, and was published then.
        """
        data_id = data_id or self._data_id()

        def body(one: Family, subject: Subject) -> Body:
            own = self._data_id() if self.faults.new_data_ids else data_id
            return bodies.report(one, subject, values, data_id=own, dp_ids=dp_ids)

        return self._tell(device, body, family, age)

    def online(self, device: str | Subject, *, family: Family | None = None, age: float = 0.0) -> list[str]:
        """Let a device be reachable."""
        return self._tell(device, lambda one, subject: bodies.online(one, subject, True), family, age)

    def offline(self, device: str | Subject, *, family: Family | None = None, age: float = 0.0) -> list[str]:
        """Let a device be reachable no more."""
        return self._tell(device, lambda one, subject: bodies.online(one, subject, False), family, age)

    def bind(
        self, device: str | Subject, *, name: str = "Device", family: Family | None = None, age: float = 0.0
    ) -> list[str]:
        """Let a device be added."""
        return self._tell(device, lambda one, subject: bodies.bind(one, subject, name=name), family, age)

    def unbind(self, device: str | Subject, *, family: Family | None = None, age: float = 0.0) -> list[str]:
        """Let a device be removed."""
        return self._tell(device, bodies.unbind, family, age)

    def reset(self, device: str | Subject, *, family: Family | None = None, age: float = 0.0) -> list[str]:
        """Let a device be reset, which removes it; only the seed has a message of its own for that."""
        return self._tell(device, lambda one, subject: bodies.unbind(one, subject, reset=True), family, age)

    def rename(self, device: str | Subject, name: str, *, family: Family | None = None, age: float = 0.0) -> list[str]:
        """Give a device another name."""
        return self._tell(device, lambda one, subject: bodies.rename(one, subject, name), family, age)

    def rename_data_point(self, device: str | Subject, dp_id: int, name: str, *, age: float = 0.0) -> list[str]:
        """Give a data point another name; only the older platform tells it."""
        return self._tell(device, lambda _, subject: bodies.rename_data_point(subject, dp_id, name), "legacy", age)

    def voice(
        self,
        device: str | Subject,
        text: str = "Pause the TV",
        *,
        intent: str = "pause",
        domain: str = "mediaControl",
        nlu: Sequence[Mapping[str, Any]] | None = None,
        family: Family | None = None,
        age: float = 0.0,
    ) -> list[str]:
        """Let a speaker understand something; the seed's message in all families, as no other has one. `nlu` counts instead."""
        entities = [{"value": "TV", "entity": "deviceName"}]
        understood = [{"entities": entities, "domain": domain, "confidence": 1, "text": text, "intent": intent}]
        return self._tell(device, lambda _, subject: bodies.voice(subject, nlu or understood), family, age)

    def voice_room(self, device: str | Subject, room_id: str, room_name: str, *, age: float = 0.0) -> list[str]:
        """Let a speaker be put into a room; the seed's message."""
        return self._tell(device, lambda _, subject: bodies.voice_room(subject, room_id, room_name), "seed", age)

    def event(
        self, device: str | Subject, event_code: str, params: Mapping[str, Any] | None = None, *, age: float = 0.0
    ) -> list[str]:
        """Let a device fire an event of its things data model; IoT Core's message."""
        return self._tell(device, lambda _, subject: bodies.event(subject, event_code, params or {}), "core", age)

    def action_answer(
        self, device: str | Subject, action_code: str, params: Mapping[str, Any] | None = None, *, age: float = 0.0
    ) -> list[str]:
        """Let a device answer an action of its things data model; IoT Core's message."""
        return self._tell(
            device, lambda _, subject: bodies.action_answer(subject, action_code, params or {}), "core", age
        )

    def upgrade(
        self, device: str | Subject, progress: int, *, family: Family | None = None, age: float = 0.0
    ) -> list[str]:
        """Let a device upgrade its firmware, `progress` in percent."""
        return self._tell(device, lambda one, subject: bodies.upgrade(one, subject, progress), family, age)

    def scene(self, rule_id: str, device_ids: Sequence[str] = (), *, uid: str = DEFAULT_UID) -> str:
        """Let a scene run; the older platform's message, which is about no device."""
        time_ms = int(self.now() * 1000)
        actions = [{"entityId": one, "execStatus": 0, "executeTime": time_ms, "id": one} for one in device_ids]
        return self._send(bodies.scene(uid, rule_id, actions, time=time_ms), rule_id, 0.0)

    def backlog_notice(self, backlog: int, subscription: str | None = None) -> str:
        """Publish to the topic "notice" that a subscription of the environment waits for too much."""
        name = f"{self.access_id}-sub" if subscription is None else subscription
        topic = f"{self.access_id}/{NAMESPACE}/{self.environment}"
        body = bodies.backlog_notice(topic, name, backlog, time=int(self.now() * 1000))
        return self._send(body, name, 0.0, topic=NOTICE)

    async def burst(
        self,
        count: int,
        *,
        device_ids: Sequence[str],
        code: str = "bright_value_v2",
        seconds: float = 0.0,
        family: Family | None = None,
    ) -> list[str]:
        """Let devices report by turns, `count` times in all and as fast as it goes, or spread over `seconds`; return the ids.

        The values count up from 0, so that it can be seen whether one is missing or out of order. Others get their turn meanwhile.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        ids: list[str] = []
        for number in range(count):
            ids += self.report(device_ids[number % len(device_ids)], {code: number}, family=family)
            rest = began + seconds * (number + 1) / count - loop.time() if seconds else 0.0
            if rest > 0 or number % _BURST_AT_ONCE == _BURST_AT_ONCE - 1:
                await asyncio.sleep(max(rest, 0.0))
        return ids

    def _tell(
        self,
        device: str | Subject,
        body: Callable[[Family, Subject], Body],
        family: Family | None,
        age: float,
    ) -> list[str]:
        subject = device if isinstance(device, Subject) else self.subject(device, age=age)
        families = self.families if family is None else (family,)
        return [self._send(body(one, subject), subject.device_id, age) for one in families]

    def _send(self, body: Body, device_id: str, age: float, topic: str | None = None) -> str:
        form = body.form
        if self.gcm:
            form = "seed_gcm" if form == "seed" else "gcm"
        return self.publish(body.content, device_id=device_id, protocol=body.protocol, form=form, age=age, topic=topic)

    def _data_id(self) -> str:
        return f"AAX{next(self._data_ids):08x}{secrets.token_hex(4)}"


def keep(ids: list[str], message_id: str) -> None:
    """Remember an id, unless there are too many."""
    if len(ids) < MOST_KEPT:
        ids.append(message_id)
