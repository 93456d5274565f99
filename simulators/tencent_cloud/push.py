"""Message queues that forward by HTTP: their settings, the check of an address, and what is pushed (section 3)."""

import asyncio
from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field, replace
import json
import secrets
from typing import Any

import aiohttp

from .account import Account, PushKind
from .devices import Device
from .errors import FAILED, INVALID_VALUE, NOT_FOUND, CloudError
from .signing import forward_signature

type Params = Mapping[str, Any]
type Answer = dict[str, Any]

_TIMEOUT = aiohttp.ClientTimeout(total=5)
_USER_AGENT = "Go-http-client/1.1"
DATA = 1
STATUS = 2
BOTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A product's message queue; a product has one."""

    type: str
    address: str = ""
    token: str = field(default="", repr=False)
    choice: int = BOTH
    """Which messages: DATA, STATUS or BOTH."""
    enabled: bool = True
    kafka: Mapping[str, str] = field(default_factory=dict)
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Something that was pushed; `status` 0: nobody answered."""

    address: str
    topic: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    status: int


class Pusher:
    """Answers the calls about message queues, and forwards what devices say. What fails isn't tried again, our choice."""

    def __init__(self, account: Account) -> None:
        """Forward what happens in an account."""
        self.channels: dict[str, Channel] = {}
        self.pushes: list[Push] = []
        self.checks = 0
        """How many addresses were checked."""
        self._account = account
        self._queue: asyncio.Queue[tuple[Channel, str, str]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        account.happened.append(self._happened)

    async def start(self) -> None:
        """Begin to push; what happened before is pushed now."""
        if self._task is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, headers={"User-Agent": _USER_AGENT})
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop pushing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def drained(self) -> None:
        """Wait until all is pushed that has happened."""
        await self._queue.join()

    # Calls

    async def describe(self, params: Params) -> Answer:
        """DescribePushChannel: with the token as it is."""
        channel = self._channel(params)
        return {
            "Type": channel.type if channel else "",
            "ForwardAddress": channel.address if channel else "",
            "ForwardKey": channel.token if channel else "",
        } | {name: channel.kafka.get(name, "") if channel else "" for name in _KAFKA}

    async def modify(self, params: Params) -> Answer:
        """ModifyPushChannel: whatever the product had before is gone."""
        product = self._account.product(params["ProductId"])
        if params["Type"] == "ckafka":
            kafka = {name: params.get(name) or "" for name in _KAFKA}
            if not all(kafka.values()):
                raise CloudError(INVALID_VALUE, "A ckafka channel needs region, instance and topic.")
            self.channels[product.id] = self._new("ckafka", kafka=kafka)
            return {}
        if params["Type"] != "forward":
            raise CloudError(INVALID_VALUE, "Type is ckafka or forward.")
        address, token = params.get("ForwardAddress") or "", params.get("ForwardKey") or ""
        await self._check(address, token)
        self.channels[product.id] = self._new("forward", address=address, token=token)
        return {}

    async def create(self, params: Params) -> Answer:
        """CreateDataForward: it is off at first, our choice."""
        product = self._account.product(params["ProductId"])
        if product.id in self.channels:
            raise CloudError(FAILED, "The product has a message queue already.")
        return await self._set(product.id, params, enabled=False)

    async def change(self, params: Params) -> Answer:
        """ModifyDataForward."""
        channel = self._existing(params)
        return await self._set(params["ProductId"], params, enabled=channel.enabled)

    async def switch(self, params: Params) -> Answer:
        """ModifyDataForwardStatus: to turn it on checks the address."""
        channel = self._existing(params)
        if params["Status"] not in (0, 1):
            raise CloudError(INVALID_VALUE, "Status is 0 or 1.")
        if params["Status"] and channel.type == "forward":
            await self._check(channel.address, channel.token)
        self.channels[params["ProductId"]] = replace(channel, enabled=bool(params["Status"]))
        return {}

    async def list(self, params: Params) -> Answer:
        """DescribeDataForwardList: ProductIds is JSON in a text."""
        try:
            wanted = json.loads(params["ProductIds"])
        except ValueError as err:
            raise CloudError(INVALID_VALUE, "ProductIds is no JSON.") from err
        if not isinstance(wanted, list):
            raise CloudError(INVALID_VALUE, "ProductIds is a list.")
        return {
            "DataForwardList": [
                {
                    "ProductId": product_id,
                    "ForwardAddr": json.dumps([{"forward": {"api": channel.address, "token": channel.token}}]),
                    "Status": int(channel.enabled),
                    "CreateTime": channel.changed,
                    "UpdateTime": channel.changed,
                    "DataChose": channel.choice,
                }
                for product_id in wanted
                if (channel := self.channels.get(product_id)) is not None and channel.type == "forward"
            ]
        }

    # Pushing

    def _happened(self, device: Device, kind: PushKind, topic: str, payload: Mapping[str, Any] | str) -> None:
        channel = self.channels.get(device.product_id)
        if channel is None or channel.type != "forward" or not channel.enabled or self._account.faults.push_lost:
            return
        if channel.choice & (DATA if kind == "data" else STATUS):
            self._queue.put_nowait((channel, topic, json.dumps(self._body(device, topic, payload))))

    def push_raw(self, product_id: str, body: str) -> None:
        """Push a text as it is, signed; KeyError if the product has no message queue."""
        self._queue.put_nowait((self.channels[product_id], "", body))

    def _body(self, device: Device, topic: str, payload: Mapping[str, Any] | str) -> dict[str, Any]:
        now, sequence = self._account.now(), self._account.next_sequence()
        form = self._account.faults.push_form
        if form == "rule_engine":
            return {
                "devicename": device.name,
                "payload": payload,
                "productid": device.product_id,
                "seq": sequence,
                "timestamp": int(now),
                "topic": topic,
            }
        head = {
            "timeMillis": int(now * 1000),
            "seq": sequence,
            "timestamp": int(now),
            "topic": topic,
            "deviceName": device.name,
            "productId": device.product_id,
        }
        if form == "flat" and isinstance(payload, Mapping):
            return head | dict(payload)
        return {"payload": payload, **head}

    async def _run(self) -> None:
        while True:
            channel, topic, body = await self._queue.get()
            try:
                faults = self._account.faults
                headers = self._headers(channel.token)
                await self._push(channel, topic, body, headers)
                if faults.push_replayed:
                    await self._push(channel, topic, body, headers)
                if faults.push_twice:
                    await self._push(channel, topic, body, self._headers(channel.token))
            finally:
                self._queue.task_done()

    async def _push(self, channel: Channel, topic: str, body: str, headers: Mapping[str, str]) -> None:
        assert self._session is not None
        status = 0
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
            async with self._session.post(
                channel.address, data=body.encode(), headers={"Content-Type": "application/json", **headers}
            ) as response:
                status = response.status
        self.pushes.append(Push(address=channel.address, topic=topic, headers=headers, body=body, status=status))

    def _headers(self, token: str) -> dict[str, str]:
        faults = self._account.faults
        if not token or faults.push_unsigned:
            return {}
        timestamp, nonce = str(int(self._account.now() - faults.push_age)), secrets.token_urlsafe(12)
        used = f"{token}x" if faults.push_wrong_token else token
        return {"Signature": forward_signature(used, timestamp, nonce), "Timestamp": timestamp, "Nonce": nonce}

    async def _check(self, address: str, token: str) -> None:
        """Ask an address whether it is one for pushes: a GET whose Echostr comes back. Raises CloudError."""
        if not address.startswith(("http://", "https://")):
            raise CloudError(INVALID_VALUE, "The address isn't one of http or https.")
        if self._account.faults.no_echo_check:
            return
        self.checks += 1
        echo = secrets.token_urlsafe(18)
        good = False
        if self._session is not None:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
                headers = self._headers(token) | {"Echostr": echo}
                async with self._session.get(address, headers=headers) as response:
                    good = response.status == 200 and await response.text() == echo
        if not good:
            raise CloudError(FAILED, "The address didn't answer the check.")

    # Settings

    def _channel(self, params: Params) -> Channel | None:
        return self.channels.get(self._account.product(params["ProductId"]).id)

    def _existing(self, params: Params) -> Channel:
        if (channel := self._channel(params)) is None:
            raise CloudError(NOT_FOUND, "The product has no message queue.")
        return channel

    async def _set(self, product_id: str, params: Params, *, enabled: bool) -> Answer:
        choice = params.get("DataChose") or BOTH
        if choice not in (DATA, STATUS, BOTH):
            raise CloudError(INVALID_VALUE, "DataChose is 1, 2 or 3.")
        try:
            forward = json.loads(params["ForwardAddr"])[0]["forward"]
            address, token = str(forward["api"]), str(forward.get("token", ""))
        except (ValueError, LookupError, TypeError, AttributeError) as err:
            raise CloudError(INVALID_VALUE, 'ForwardAddr is [{"forward": {"api", "token"}}] as JSON.') from err
        await self._check(address, token)
        self.channels[product_id] = self._new("forward", address=address, token=token, choice=choice, enabled=enabled)
        return {}

    def _new(self, kind: str, **values: Any) -> Channel:
        return Channel(type=kind, changed=int(self._account.now()), **values)


_KAFKA = ("CKafkaRegion", "CKafkaInstance", "CKafkaTopic")
