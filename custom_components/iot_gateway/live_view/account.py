"""The signalling of one app account."""

import asyncio
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util.ssl import client_context

from ..clients.tuya_cloud import CloudError, IpcSignalling, MqttAccess, MqttAccessSource

if TYPE_CHECKING:
    from .live_view import LiveView


class CameraAccount:
    """The signalling of an app account.

    There is one for each, as the cloud gives access to the broker by account: its topic is the account's own, and cameras
    answer to the account that they belong to. Most projects have one account linked.
    """

    def __init__(self, live_view: LiveView, uid: str) -> None:
        """Be ready to `start`."""
        self.uid = uid
        self.error: CloudError | None = None
        # Home Assistant's own trust, whatever the system has
        self.signalling: Final = IpcSignalling(self._access, tls_context=client_context(), on_error=self._failed)
        self._live_view = live_view
        self._source: MqttAccessSource | None = None
        self._task: asyncio.Task[None] | None = None
        _ = self.signalling.add_listener(self._connection_changed)

    @callback
    def start(self) -> None:
        """Connect, and stay connected."""
        if self._task is None:
            self._task = self._live_view.spawn(self.signalling.run(), "signalling")

    async def stop(self) -> None:
        """Disconnect, once all is said."""
        task, self._task = self._task, None
        if task is not None:
            await self.signalling.flush()
            task.cancel()
            _ = await asyncio.wait((task,))

    @callback
    def retry_soon(self) -> None:
        """Somebody is about to watch."""
        self.signalling.retry_soon()

    async def _access(self) -> MqttAccess:
        if self._source is None:
            self._source = MqttAccessSource(self._live_view.api, self.uid, self._live_view.link_ids)
        return await self._source()

    def _failed(self, err: CloudError) -> None:
        self.error = err
        self._live_view.note_error(err, self.uid)

    def _connection_changed(self, up: bool) -> None:
        if up:
            self.error = None
            self._live_view.note_reached(self.uid)
