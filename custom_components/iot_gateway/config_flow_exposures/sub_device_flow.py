"""The flow of a sub-device: entities as a device of their own, with its own product."""

import contextlib
import hashlib
import itertools
import re
from typing import Any, override

from homeassistant.config_entries import SubentryFlowResult, UnknownEntry
from homeassistant.const import CONF_DEVICE_ID, CONF_ENTITIES, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..clients.tuyalink import AnswerTimeout, CloudRefused, LinkError, LinkLost, MessageInvalid
from ..connections.tuya_cloud_troubles import CONSOLE_URL
from ..connections.tuyalink_errors import error_key
from ..connections.tuyalink_flows import async_bind, async_model, async_unbind
from ..const import CONF_PRODUCT_ID
from ..exposures.errors import BadExposure
from ..exposures.exposure import EntityRef, Exposure, SubDeviceExposure, parse_exposure
from ..flow_fields import with_selectors
from .names import entity_name
from .tying_flow import TyingFlow

_PRODUCT = vol.Schema(
    {
        vol.Required(CONF_PRODUCT_ID): TextSelector(),
        vol.Optional(CONF_NAME): TextSelector(),
        vol.Required(CONF_ENTITIES): EntitySelector(EntitySelectorConfig(multiple=True)),
    }
)
_MEMBERS = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_ENTITIES): EntitySelector(EntitySelectorConfig(multiple=True)),
    }
)


class SubDeviceFlow(TyingFlow):
    """Exposes entities as a sub-device with a product of its own."""

    _name: str
    _product_id: str
    _client_id: str
    _device_id: str
    _to_unbind: str | None = None
    """The id of a sub-device that was bound for this flow, as long as nothing uses it."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the product and the entities, and bind a sub-device: its model cannot be read before."""
        errors: dict[str, str] = {}
        error = ""
        await self._async_check_connected()
        if user_input is not None:
            entity_ids = user_input[CONF_ENTITIES]
            product_id = user_input[CONF_PRODUCT_ID].strip()
            if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", product_id) is None:
                errors[CONF_PRODUCT_ID] = "invalid_product_id"
            if not entity_ids:
                errors[CONF_ENTITIES] = "entity_needed"
            elif (wrong := self._wrong_entities(entity_ids)) is not None:
                errors[CONF_ENTITIES] = wrong
            if not errors:
                self._name = user_input.get(CONF_NAME, "").strip() or entity_name(self.hass, entity_ids[0])
                self._product_id = product_id
                self._client_id = self._new_client_id(entity_ids[0])
                errors, error = await self._async_bind()
            if not errors:
                drafts = [self._draft(entity_id) for entity_id in dict.fromkeys(entity_ids)]
                return await self._async_tie(await self._async_model(self._device_id), drafts)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                with_selectors(
                    _PRODUCT,
                    {
                        CONF_PRODUCT_ID: self._product_selector(),
                        CONF_ENTITIES: self._entity_selector(multiple=True),
                    },
                ),
                user_input,
            ),
            errors=errors,
            description_placeholders={"error": error, "console": CONSOLE_URL},
            last_step=False,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the name and the entities; the product stays, for another one is another device."""
        subentry = self._get_reconfigure_subentry()
        try:
            exposure = parse_exposure(subentry)
        except BadExposure:
            return self.async_abort(reason="unreadable")
        assert isinstance(exposure, SubDeviceExposure)
        pairs = {
            entity_id: member.pairs
            for member in exposure.members
            if (entity_id := member.entity.entity_id(self.hass)) is not None
        }
        await self._async_check_connected()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            entity_ids = user_input[CONF_ENTITIES]
            if not entity_ids:
                errors[CONF_ENTITIES] = "entity_needed"
            elif (wrong := self._wrong_entities(entity_ids)) is not None:
                errors[CONF_ENTITIES] = wrong
            if not errors:
                self._name = user_input[CONF_NAME].strip() or subentry.title
                self._product_id, self._client_id = exposure.product_id, exposure.client_id
                self._agree(exposure)
                if exposure.device_id is None:
                    errors, error = await self._async_bind()
                else:
                    self._device_id = exposure.device_id
            if not errors:
                drafts = [self._draft(entity_id, pairs.get(entity_id)) for entity_id in dict.fromkeys(entity_ids)]
                return await self._async_tie(await self._async_model(self._device_id), drafts)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                with_selectors(_MEMBERS, {CONF_ENTITIES: self._entity_selector(multiple=True)}),
                user_input or {CONF_NAME: subentry.title, CONF_ENTITIES: list(pairs)},
            ),
            errors=errors,
            description_placeholders={"error": error, "product_id": exposure.product_id},
            last_step=False,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Unbind what the user has not gone on with: it would be a device in the app that never is online."""
        if self._to_unbind is not None:
            _ = self.hass.async_create_task(self._async_unbind(self._to_unbind), f"unbind for {self.flow_id}")

    async def _async_check_connected(self) -> None:
        """End the flow where there is no connection, before anything is typed in vain.

        Whether the gateway's own product has a model does not matter here.
        """
        with contextlib.suppress(CloudRefused, AnswerTimeout, MessageInvalid):
            try:
                await async_model(self.hass, self._get_entry())
            except LinkLost as err:
                raise AbortFlow("not_connected", {"error": str(err)}) from err

    async def _async_bind(self) -> tuple[dict[str, str], str]:
        """Bind the sub-device; return a form's errors, and the cause in the client's words."""
        if self._to_unbind is not None:
            # The user has gone on after an attempt before this one
            await self._async_unbind(self._to_unbind)
            self._to_unbind = None
        try:
            self._device_id = await async_bind(
                self.hass, self._get_entry(), self._product_id, self._client_id, self._name
            )
        except LinkError as err:
            return {"base": error_key(err)}, str(err)
        self._to_unbind = self._device_id
        return {}, ""

    async def _async_unbind(self, device_id: str) -> None:
        """Unbind a sub-device, if that can be done now, and unless it is used: another dialog for the same entity binds the same."""
        with contextlib.suppress(LinkError, UnknownEntry):
            entry = self._get_entry()
            if all(subentry.data.get(CONF_DEVICE_ID) != device_id for subentry in entry.subentries.values()):
                await async_unbind(self.hass, entry, device_id)

    def _new_client_id(self, entity_id: str) -> str:
        """Return what the cloud shall know the sub-device by: the same for the same entity, and no other sub-device's."""
        entry = self._get_entry()
        used = {subentry.unique_id for subentry in entry.subentries.values()}
        first = hashlib.sha256(f"{entry.unique_id} {EntityRef.of(self.hass, entity_id).value}".encode()).hexdigest()[
            :24
        ]
        return next(
            client_id
            for number in itertools.count(1)
            if (client_id := first if number == 1 else f"{first}-{number}") not in used
        )

    def _product_selector(self) -> Selector[Any]:
        """Return the field for a product id: typed, or one of those of other sub-devices."""
        used = sorted(
            {exposure.product_id for _, exposure in self._exposures() if isinstance(exposure, SubDeviceExposure)}
        )
        if not used:
            return TextSelector()
        return SelectSelector(SelectSelectorConfig(options=used, custom_value=True, mode=SelectSelectorMode.DROPDOWN))

    @override
    def _taken(self) -> dict[str, str]:
        return {}

    @override
    def _made(self) -> tuple[Exposure, str]:
        self._to_unbind = None
        return SubDeviceExposure(
            subentry_id="",
            title=self._name,
            product_id=self._product_id,
            client_id=self._client_id,
            device_id=self._device_id,
            members=self._members(),
            confirmed=self._confirmed,
        ), self._name
