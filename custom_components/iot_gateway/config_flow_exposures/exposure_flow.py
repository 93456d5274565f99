"""What the flows of all kinds of exposures share: the model, what is exposed already, and how the subentry is kept."""

from collections.abc import Iterable

from homeassistant.config_entries import SOURCE_USER, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import BooleanSelector, EntitySelector, EntitySelectorConfig
import voluptuous as vol

from ..clients.tuyalink import CloudRefused, LinkError, LinkLost, ThingModel
from ..connections.tuyalink_errors import NO_MODEL
from ..connections.tuyalink_flows import async_model
from ..const import CONF_CONFIRMED
from ..exposures.domains import EXPOSABLE_DOMAINS
from ..exposures.errors import BadExposure
from ..exposures.exposure import ActionExposure, Exposure, as_data, parse_exposure, unique_id
from .texts import Texts

CONFIRM = vol.Schema({vol.Required(CONF_CONFIRMED, default=False): BooleanSelector()})


class ExposureFlow(ConfigSubentryFlow):
    """What the flows of all kinds of exposures share."""

    _texts: Texts
    _confirmed = False

    async def _async_model(self, device_id: str | None = None) -> ThingModel:
        """Read the model of the entry's device, or of one of its sub-devices; ends the flow where that is not possible."""
        try:
            return await async_model(self.hass, self._get_entry(), device_id)
        except LinkLost as err:
            raise AbortFlow("not_connected", {"error": str(err)}) from err
        except CloudRefused as err:
            raise AbortFlow("no_model" if err.code == NO_MODEL else "model_failed", {"error": str(err)}) from err
        except LinkError as err:
            raise AbortFlow("model_failed", {"error": str(err)}) from err

    def _exposures(self) -> Iterable[tuple[str, Exposure]]:
        """Yield the title and the exposure of each other subentry."""
        own = None if self.source == SOURCE_USER else self._reconfigure_subentry_id
        for subentry in self._get_entry().subentries.values():
            if subentry.subentry_id != own:
                try:
                    yield subentry.title, parse_exposure(subentry)
                except BadExposure:
                    continue

    def _exposed(self) -> list[str]:
        """Return the ids of the entities that other subentries expose."""
        return [
            entity_id
            for _, exposure in self._exposures()
            if not isinstance(exposure, ActionExposure)
            for member in exposure.members
            if (entity_id := member.entity.entity_id(self.hass)) is not None
        ]

    def _entity_selector(self, *, multiple: bool = False) -> EntitySelector:
        """Return the field for entities that can be exposed and are not yet."""
        return EntitySelector(
            EntitySelectorConfig(
                filter=[{"domain": sorted(EXPOSABLE_DOMAINS)}],
                exclude_entities=self._exposed(),
                multiple=multiple,
            )
        )

    def _made(self) -> tuple[Exposure, str]:
        """Return the exposure as the user has made it, and its title."""
        raise NotImplementedError

    async def _async_finish(self) -> SubentryFlowResult:
        """Keep what the user has made."""
        exposure, title = self._made()
        data, identity = as_data(exposure), unique_id(exposure)
        if self.source == SOURCE_USER:
            return self.async_create_entry(title=title, data=data, unique_id=identity)
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data, unique_id=identity
        )
