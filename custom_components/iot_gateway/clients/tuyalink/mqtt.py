"""aiomqtt's client, mended where the end of a connection would go unnoticed or do harm (seen in aiomqtt 2.5.1)."""

import asyncio
import contextlib
import socket
from typing import Any, Self, override

import aiomqtt


class MqttClient(aiomqtt.Client):
    """A client that notices when the broker ends the connection instead of answering the login.

    aiomqtt waits for its whole timeout then. It also registers sockets for writing a turn of the event loop later, when
    they may be closed already and their number belongs to another socket. And it logs the answer to a subscription that
    nobody waits for any more as an error with a traceback.
    """

    _logging_in = False

    @override
    async def __aenter__(self) -> Self:
        """Connect; raises MqttError."""
        self._logging_in = True
        try:
            return await super().__aenter__()
        finally:
            self._logging_in = False

    def shut(self) -> None:
        """Shut the socket, so that all that waits for the broker ends; does nothing where there is none."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @override
    def _on_subscribe(self, client: Any, userdata: Any, mid: int, reason_codes: Any, properties: Any = None) -> None:
        if mid in self._pending_subscribes:
            super()._on_subscribe(client, userdata, mid, reason_codes, properties)

    @override
    def _on_unsubscribe(self, client: Any, userdata: Any, mid: int, reason_codes: Any, properties: Any = None) -> None:
        if mid in self._pending_unsubscribes:
            super()._on_unsubscribe(client, userdata, mid, reason_codes, properties)

    @override
    def _on_socket_close(self, client: Any, userdata: Any, sock: Any) -> None:
        super()._on_socket_close(client, userdata, sock)
        with contextlib.suppress(RuntimeError):
            # The loop may be closed
            self._loop.call_soon_threadsafe(self._has_no_answer)

    def _has_no_answer(self) -> None:
        if self._logging_in and not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("The broker ended the connection during the login"))

    @override
    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        if not self._is_own_thread():
            # From the executor in which it connects
            super()._on_socket_register_write(client, userdata, sock)
            return

        def write() -> None:
            try:
                client.loop_write()
            except Exception as err:  # noqa: BLE001 - as aiomqtt does
                if not self._disconnected.done():
                    self._disconnected.set_exception(err)

        self._loop.add_writer(sock.fileno(), write)

    def _is_own_thread(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False
