"""The message queue of a simulated cloud, in the cloud's own process: what its devices do is published.

`companion` is one of simulators.tuya_cloud.cli's, `queue_beside` is for tests. The queue has the cloud's project, and its
certificate if it has one.
"""

from collections.abc import AsyncGenerator, Mapping
import contextlib
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator

from .authentication import BadSecret, payload_key
from .bodies import KNOWN_DP_IDS, Subject
from .control import ControlServer
from .server import TuyaQueueSimulator


@asynccontextmanager
async def queue_beside(cloud: TuyaCloudSimulator, **options: Any) -> AsyncGenerator[TuyaQueueSimulator]:
    """Run the queue of a cloud; the options are those of TuyaQueueSimulator. Raises BadSecret."""
    secrets = [cloud.access_secret]

    def secret() -> str:
        """Return the cloud's secret; while that is too short for a queue, the last that wasn't: nobody knows that one then."""
        with contextlib.suppress(BadSecret):
            payload_key(cloud.access_secret)
            secrets[0] = cloud.access_secret
        return secrets[0]

    given: dict[str, Any] = {
        "access_id": cloud.access_id,
        "access_secret": secret,
        "host": cloud.host,
        "tls": cloud.certificate is not None,
        "certificate": cloud.certificate,
        "now": cloud.now,
    }
    queue = TuyaQueueSimulator(**given | options)

    def subject(device: CloudDevice) -> Subject:
        return queue.subject(
            device.id,
            product_id=device.product_id,
            uid=device.uid,
            uuid=device.uuid,
            parent_id=device.gateway_id,
        )

    def report(device: CloudDevice, values: Mapping[str, Any]) -> None:
        queue.report(subject(device), values, dp_ids=dp_ids(device))

    def online(device: CloudDevice) -> None:
        (queue.online if device.online else queue.offline)(subject(device))

    def add(device: CloudDevice) -> None:
        queue.bind(subject(device), name=device.name)

    def remove(device: CloudDevice) -> None:
        queue.unbind(subject(device))

    def rename(device: CloudDevice) -> None:
        queue.rename(subject(device), device.name)

    async with queue:
        cloud.report_listeners.append(report)
        cloud.online_listeners.append(online)
        cloud.add_listeners.append(add)
        cloud.remove_listeners.append(remove)
        cloud.rename_listeners.append(rename)
        try:
            yield queue
        finally:
            cloud.report_listeners.remove(report)
            cloud.online_listeners.remove(online)
            cloud.add_listeners.remove(add)
            cloud.remove_listeners.remove(remove)
            cloud.rename_listeners.remove(rename)


@asynccontextmanager
async def companion(cloud: TuyaCloudSimulator, _: MosquittoBroker | None) -> AsyncGenerator[Mapping[str, Any]]:
    """Run the queue of a cloud with its control API; give what its command line prints of them.

    A cloud whose secret is too short for a key to be in it has no queue: null.
    """
    async with AsyncExitStack() as stack:
        try:
            queue = await stack.enter_async_context(queue_beside(cloud))
        except BadSecret:
            yield {"queue": None, "queue_control": None}
            return
        control = ControlServer(queue)
        stack.push_async_callback(control.stop)
        await control.start()
        yield {"queue": queue.url, "queue_control": control.url}


def dp_ids(device: CloudDevice) -> dict[str, int]:
    """Return ids for a device's data points: those that a code is known by, else their place among what it reports."""
    codes = dict.fromkeys([*(one["code"] for one in device.status), *device.value])
    return {code: KNOWN_DP_IDS.get(code, number) for number, code in enumerate(codes, 1)}
