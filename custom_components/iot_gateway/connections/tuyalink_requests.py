"""What flows ask of a connection: models, and sub-devices that are bound and unbound."""

from ..clients.tuyalink import BindRefused, LinkLost, ThingModel, TuyaLink, bind
from .tuyalink_exposed import Exposed
from .tuyalink_models import Models
from .tuyalink_sub_devices import SubDevices


class Requests:
    """Asks the cloud."""

    def __init__(self, link: TuyaLink, exposed: Exposed, models: Models, sub_devices: SubDevices) -> None:
        """Be ready to ask."""
        self._link = link
        self._exposed = exposed
        self._models = models
        self._sub_devices = sub_devices

    async def read_model(self, device_id: str | None = None) -> ThingModel:
        """Ask for the model of our device or of a sub-device; raises LinkError."""
        device_id = device_id or self._link.device_id
        return await self._models.read(self._exposed.product_of(device_id), device_id)

    async def bind(self, product_id: str, client_id: str, name: str) -> str:
        """Bind a sub-device and return its device id; raises LinkError."""
        self._check_connected()
        bound = await bind(self._link, [(product_id, client_id, name)])
        try:
            device_id = bound[product_id, client_id]
        except KeyError:
            raise BindRefused(0, "device/sub/bind", bound) from None
        self._sub_devices.bound(device_id)
        return device_id

    async def unbind(self, device_id: str) -> None:
        """Unlink a sub-device that is not exposed; raises LinkError."""
        self._check_connected()
        if device_id not in self._exposed.sub_devices:
            await self._sub_devices.unlink(device_id)

    def _check_connected(self) -> None:
        if not self._link.connected:
            raise LinkLost("There is no connection to the cloud")
