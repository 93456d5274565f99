"""The flow of an action of a model that a sequence of Home Assistant's carries out."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, override

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_DEVICE, CONF_DEVICE_ID
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import async_validate_actions_config
from homeassistant.helpers.selector import (
    ActionSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..clients.tuyalink import Action
from ..const import CONF_CONFIRMED
from ..exposures.errors import BadExposure
from ..exposures.exposure import ActionExposure, Exposure, SubDeviceExposure, parse_exposure
from ..exposures.sequences import sequence_is_sensitive
from ..flow_fields import with_selectors
from .exposure_flow import CONFIRM, ExposureFlow
from .markdown import escape, parameters
from .names import named
from .texts import Texts

CONF_CODE: Final = "code"
CONF_SEQUENCE: Final = "sequence"
_THIS_DEVICE: Final = "this_device"
"""What stands for the entry's own device where a sub-device's subentry could stand."""
_DEVICE = vol.Schema({vol.Required(CONF_DEVICE): SelectSelector(SelectSelectorConfig(options=[]))})
_ACTION = vol.Schema({vol.Required(CONF_CODE): SelectSelector(SelectSelectorConfig(options=[]))})
_SEQUENCE = vol.Schema({vol.Required(CONF_SEQUENCE): ActionSelector()})


class ActionFlow(ExposureFlow):
    """Carries an action of a model out with a sequence of Home Assistant's."""

    _device = _THIS_DEVICE
    _device_name: str
    _actions: Mapping[str, Action]
    _code: str
    _sequence: Sequence[dict[str, Any]] = ()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whose action it is, where there are sub-devices."""
        devices = {
            exposure.subentry_id: title
            for title, exposure in self._exposures()
            if isinstance(exposure, SubDeviceExposure) and exposure.device_id is not None
        }
        if not devices or user_input is not None:
            device = user_input[CONF_DEVICE] if user_input is not None else _THIS_DEVICE
            return await self._async_choose(device)
        choice = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=_THIS_DEVICE, label=self._get_entry().title),
                    *(SelectOptionDict(value=subentry_id, label=title) for subentry_id, title in devices.items()),
                ],
                mode=SelectSelectorMode.LIST,
            )
        )
        return self.async_show_form(
            step_id="user",
            data_schema=with_selectors(_DEVICE, {CONF_DEVICE: choice}),
            last_step=False,
        )

    async def _async_choose(self, device: str) -> SubentryFlowResult:
        """Read the actions of a device, and go on to choose one."""
        self._device = device
        await self._async_read_actions()
        known = {
            exposure.code
            for _, exposure in self._exposures()
            if isinstance(exposure, ActionExposure) and (exposure.device or _THIS_DEVICE) == device
        }
        if not self._actions:
            return self.async_abort(reason="no_actions", description_placeholders={"device": escape(self._device_name)})
        self._actions = {code: action for code, action in self._actions.items() if code not in known}
        if not self._actions:
            return self.async_abort(
                reason="no_more_actions", description_placeholders={"device": escape(self._device_name)}
            )
        return await self.async_step_action()

    async def _async_read_actions(self) -> None:
        """Read the actions of the chosen device; ends the flow where that is not possible."""
        entry = self._get_entry()
        device_id: str | None = None
        self._device_name = entry.title
        if self._device != _THIS_DEVICE:
            subentry = entry.subentries.get(self._device)
            device_id = subentry.data.get(CONF_DEVICE_ID) if subentry is not None else None
            if subentry is None or device_id is None:
                raise AbortFlow("device_gone")
            self._device_name = subentry.title
        self._actions = (await self._async_model(device_id)).actions
        self._texts = await Texts.load(self.hass)

    async def async_step_action(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the action."""
        if user_input is not None:
            self._code = user_input[CONF_CODE]
            return await self.async_step_sequence()
        choice = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=code, label=named(code, action)) for code, action in self._actions.items()
                ],
                mode=SelectSelectorMode.LIST,
            )
        )
        return self.async_show_form(
            step_id="action",
            data_schema=with_selectors(_ACTION, {CONF_CODE: choice}),
            description_placeholders={"device": escape(self._device_name)},
            last_step=False,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for another sequence; the action stays."""
        try:
            exposure = parse_exposure(self._get_reconfigure_subentry())
        except BadExposure:
            return self.async_abort(reason="unreadable")
        assert isinstance(exposure, ActionExposure)
        self._device = exposure.device or _THIS_DEVICE
        self._code = exposure.code
        self._sequence = [dict(step) for step in exposure.sequence]
        self._confirmed = exposure.confirmed
        await self._async_read_actions()
        if self._code not in self._actions:
            return self.async_abort(
                reason="action_gone",
                description_placeholders={"device": escape(self._device_name), "code": self._code},
            )
        return await self.async_step_sequence()

    async def async_step_sequence(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what the action does here, and say what it brings along."""
        action = self._actions[self._code]
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            if user_input[CONF_SEQUENCE] != self._sequence:
                # What was agreed to was another one
                self._confirmed = False
            self._sequence = user_input[CONF_SEQUENCE]
            if not self._sequence:
                errors[CONF_SEQUENCE] = "sequence_needed"
            else:
                try:
                    # What is checked is a copy: the check makes objects of templates, and what is kept has to be JSON
                    await async_validate_actions_config(self.hass, cv.SCRIPT_SCHEMA(deepcopy(self._sequence)))
                except (vol.Invalid, HomeAssistantError) as err:
                    errors[CONF_SEQUENCE], error = "invalid_sequence", str(err)
            if not errors and sequence_is_sensitive(self._sequence):
                return await self.async_step_confirm()
            if not errors:
                self._confirmed = False
                return await self._async_finish()
        return self.async_show_form(
            step_id="sequence",
            data_schema=self.add_suggested_values_to_schema(
                _SEQUENCE, {CONF_SEQUENCE: self._sequence} if self._sequence else {}
            ),
            errors=errors,
            description_placeholders={
                "error": error,
                "action": escape(named(self._code, action)),
                "inputs": parameters(action.inputs) or self._texts.word("nothing"),
                "outputs": parameters(action.outputs) or self._texts.word("nothing"),
            },
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the app may set off what cannot be judged to be harmless; without a yes there is nothing to expose."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._confirmed = user_input[CONF_CONFIRMED]
            if self._confirmed:
                return await self._async_finish()
            errors[CONF_CONFIRMED] = "not_confirmed"
        return self.async_show_form(
            step_id="confirm",
            data_schema=self.add_suggested_values_to_schema(CONFIRM, {CONF_CONFIRMED: self._confirmed}),
            errors=errors,
            description_placeholders={"action": escape(named(self._code, self._actions[self._code]))},
            last_step=True,
        )

    @override
    def _made(self) -> tuple[Exposure, str]:
        name = self._actions[self._code].name or self._code
        return ActionExposure(
            subentry_id="",
            device="" if self._device == _THIS_DEVICE else self._device,
            code=self._code,
            sequence=self._sequence,
            confirmed=self._confirmed,
        ), name if self._device == _THIS_DEVICE else f"{self._device_name}: {name}"
