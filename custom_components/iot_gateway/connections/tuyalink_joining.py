"""What follows a connection: the cloud is brought up to date, and what it wished meanwhile is done."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
import logging
from typing import Any, Final

from homeassistant.core import callback

from ..clients.tuyalink import (
    AnswerTimeout,
    CloudRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    Outbox,
    TuyaLink,
    ask_time,
    report_version,
)
from .tuyalink_desired import Wishes
from .tuyalink_exposed import Exposed
from .tuyalink_models import Models
from .tuyalink_store import LinkStore
from .tuyalink_sub_devices import SubDevices

_LOGGER = logging.getLogger(__name__)

_AGAIN_FIRST: Final = 10.0
_AGAIN_MOST: Final = 600.0
"""Seconds until the cloud is asked again for what it did not answer."""


async def learn(exposed: Exposed, models: Models, product_id: str, *, renew: bool = False) -> bool:
    """Read models of what is exposed, all or those that are not known; return whether all could be. Raises LinkLost.

    `product_id` is the gateway's.
    """
    products = exposed.products
    models.keep_only({product_id, *(one.product_id for one in exposed.sub_devices.values())})
    if not renew:
        products = {product: device for product, device in products.items() if models.get(product) is None}
    complete = await models.refresh(products)
    if products and not renew:
        exposed.resolve()
        exposed.offer_all()
    return complete


class Joining:
    """Brings the cloud up to date after each connection.

    `joined` is set while there is a connection and the cloud was told all that it would take. `clock_offset` is how many
    milliseconds its clock is ahead of ours, as it last told.

    Args:
        link: of the gateway.
        exposed: what is exposed.
        models: of the products.
        outbox: reports begin to go out once the sub-devices are logged in.
        wishes: of the cloud.
        sub_devices: of the gateway.
        store: what is kept.
        name: of the entry, for the log.
        product_id: of the gateway.
        version: of this integration, for the cloud to show.
        in_background: begins a task.
    """

    def __init__(
        self,
        link: TuyaLink,
        exposed: Exposed,
        models: Models,
        outbox: Outbox,
        wishes: Wishes,
        sub_devices: SubDevices,
        store: LinkStore,
        *,
        name: str,
        product_id: str,
        version: str,
        in_background: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
    ) -> None:
        """Wait for a connection."""
        self._link = link
        self._exposed = exposed
        self._models = models
        self._outbox = outbox
        self._wishes = wishes
        self._sub_devices = sub_devices
        self._store = store
        self._name = name
        self._product_id = product_id
        self._version = version
        self._in_background = in_background
        self._task: asyncio.Task[None] | None = None
        self._wish_task: asyncio.Task[None] | None = None
        self.joined: Final = asyncio.Event()
        self.clock_offset: int | None = None

    # What the connection tells

    @callback
    def begin(self) -> None:
        """There is a connection."""
        _ = self.cancel()
        self._task = self._in_background(self._join(), "join")

    @callback
    def end(self) -> None:
        """The connection is gone."""
        _ = self.cancel()
        self.joined.clear()

    @callback
    def cancel(self) -> list[asyncio.Task[None]]:
        """Leave what is not done; returns the tasks that are about to end."""
        tasks = [task for task in (self._task, self._wish_task) if task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    @callback
    def came(self) -> None:
        """Something became available: do what was wished of it meanwhile."""
        if self._wishes.open and self.joined.is_set() and (self._wish_task is None or self._wish_task.done()):
            self._wish_task = self._in_background(self._wish_again(), "wishes")

    # What is done

    async def _join(self) -> None:
        """Bring the cloud up to date, again and again until it has answered all."""
        wait = _AGAIN_FIRST
        while not await self._join_once():
            _LOGGER.debug("%s asks the cloud again in %s s", self._name, wait)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _AGAIN_MOST)

    async def _join_once(self) -> bool:
        """Bring the cloud up to date; return whether it has answered all, or is gone."""
        if not self._link.connected:
            return True
        try:
            complete = await self._sub_devices.compare()
            complete = await learn(self._exposed, self._models, self._product_id, renew=True) and complete
            self._exposed.resolve()
            _ = await self._sub_devices.join()
            # Reports of a sub-device follow its login
            self._outbox.link_up()
            self._exposed.offer_all()
            complete = await self._wishes.fulfil([self._link.device_id, *sorted(self._sub_devices.online)]) and complete
            await report_version(self._link, self._version, product_id=self._product_id)
            with suppress(AnswerTimeout, CloudRefused, MessageInvalid):
                self.clock_offset = (await ask_time(self._link)).offset
        except LinkLost as err:
            _LOGGER.debug("%s was lost while it was brought up to date: %s", self._name, err)
            return True
        except LinkError as err:
            _LOGGER.warning("%s could not be brought up to date: %s", self._name, err)
            complete = False
        self.joined.set()
        if complete:
            await self._outbox.join()
            # What was kept is the cloud's now, and must not be sent once more after a power cut
            self._store.save_soon()
        return complete

    async def _wish_again(self) -> None:
        with suppress(LinkLost):
            _ = await self._wishes.fulfil(sorted(self._wishes.open))
