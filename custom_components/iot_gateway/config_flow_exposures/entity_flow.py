"""The flow of an entity that is part of the TuyaLink device itself."""

from typing import Any, override

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.helpers.selector import EntitySelector
import voluptuous as vol

from ..exposures.errors import BadExposure
from ..exposures.exposure import PROPERTY, EntityExposure, Exposure, Pair, parse_exposure, unique_id
from ..flow_fields import with_selectors
from .markdown import escape
from .names import entity_name
from .tying_flow import TyingFlow

_ENTITY = vol.Schema({vol.Required(CONF_ENTITY_ID): EntitySelector()})


class EntityFlow(TyingFlow):
    """Exposes an entity as part of the device itself."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the entity."""
        model = await self._async_model()
        errors: dict[str, str] = {}
        if user_input is not None:
            entity_id = user_input[CONF_ENTITY_ID]
            if (wrong := self._wrong_entities([entity_id])) is None:
                return await self._async_tie(model, [self._draft(entity_id)])
            errors[CONF_ENTITY_ID] = wrong
        return self.async_show_form(
            step_id="user",
            data_schema=with_selectors(_ENTITY, {CONF_ENTITY_ID: self._entity_selector()}),
            errors=errors,
            last_step=False,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask anew what is tied to what, and for another entity where the one that was is gone."""
        model = await self._async_model()
        subentry = self._get_reconfigure_subentry()
        pairs: tuple[Pair, ...] | None = None
        entity_id: str | None = None
        try:
            exposure = parse_exposure(subentry)
        except BadExposure:
            pass
        else:
            assert isinstance(exposure, EntityExposure)
            self._agree(exposure)
            pairs = exposure.member.pairs
            entity_id = exposure.member.entity.entity_id(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            entity_id = user_input[CONF_ENTITY_ID]
            if (wrong := self._wrong_entities([entity_id])) is not None:
                errors[CONF_ENTITY_ID] = wrong
        if entity_id is not None and not errors:
            return await self._async_tie(model, [self._draft(entity_id, pairs)])
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=with_selectors(_ENTITY, {CONF_ENTITY_ID: self._entity_selector()}),
            errors=errors,
            description_placeholders={"name": escape(subentry.title)},
            last_step=False,
        )

    @override
    def _taken(self) -> dict[str, str]:
        return {
            pair.code: title
            for title, exposure in self._exposures()
            if isinstance(exposure, EntityExposure)
            for pair in exposure.member.pairs
            if pair.kind == PROPERTY
        }

    @override
    def _made(self) -> tuple[Exposure, str]:
        exposure = EntityExposure(subentry_id="", member=self._members()[0], confirmed=self._confirmed)
        name = entity_name(self.hass, self._drafts[0].entity_id)
        if self.source == SOURCE_USER:
            return exposure, name
        subentry = self._get_reconfigure_subentry()
        return exposure, subentry.title if subentry.unique_id == unique_id(exposure) else name
