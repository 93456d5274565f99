"""The flows of what a TuyaLink device exposes: entities, sub-devices made of entities, and actions."""

from collections.abc import Iterable, Mapping, Sequence
import contextlib
from copy import deepcopy
from dataclasses import dataclass
import hashlib
import itertools
import re
from typing import Any, Final, override

from homeassistant.config_entries import SOURCE_USER, ConfigSubentryFlow, SubentryFlowResult, UnknownEntry
from homeassistant.const import CONF_DEVICE, CONF_DEVICE_ID, CONF_ENTITIES, CONF_ENTITY_ID, CONF_NAME
from homeassistant.core import callback, split_entity_id
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import async_validate_actions_config
from homeassistant.helpers.selector import (
    ActionSelector,
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .clients.tuyalink import Action, AnswerTimeout, CloudRefused, LinkError, LinkLost, MessageInvalid, ThingModel
from .connections.tuya_cloud_troubles import CONSOLE_URL
from .connections.tuyalink import async_bind, async_model, async_unbind, error_key
from .const import CONF_CONFIRMED, CONF_PRODUCT_ID, SUBENTRY_ACTION, SUBENTRY_ENTITY, SUBENTRY_SUB_DEVICE
from .exposure_forms import ChoiceForm, PairForm, Texts, entity_name, escape, named, parameters
from .exposures.conversion import Conversion, conversion
from .exposures.domains import EXPOSABLE_DOMAINS, facets
from .exposures.errors import BadExposure
from .exposures.exposure import (
    PROPERTY,
    ActionExposure,
    EntityExposure,
    EntityRef,
    Exposure,
    Member,
    Pair,
    SubDeviceExposure,
    as_data,
    parse_exposure,
    unique_id,
)
from .exposures.facet import Facet
from .exposures.sequences import sequence_is_sensitive

CONF_CODE: Final = "code"
CONF_SEQUENCE: Final = "sequence"

_THIS_DEVICE: Final = "this_device"
"""What stands for the entry's own device where a sub-device's subentry could stand."""

_ENTITY = vol.Schema({vol.Required(CONF_ENTITY_ID): EntitySelector()})
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
_CONFIRM = vol.Schema({vol.Required(CONF_CONFIRMED, default=False): BooleanSelector()})
_DEVICE = vol.Schema({vol.Required(CONF_DEVICE): SelectSelector(SelectSelectorConfig(options=[]))})
_ACTION = vol.Schema({vol.Required(CONF_CODE): SelectSelector(SelectSelectorConfig(options=[]))})
_SEQUENCE = vol.Schema({vol.Required(CONF_SEQUENCE): ActionSelector()})

_NO_MODEL: Final = 2002
"""The cloud's code for a device whose product has no model."""


@dataclass(slots=True, kw_only=True)
class _Draft:
    """An entity, and what the user has tied so far: `pairs` is None as long as they have not been asked."""

    entity: EntityRef
    entity_id: str
    facets: tuple[Facet, ...]
    pairs: tuple[Pair, ...] | None = None


class _ExposureFlow(ConfigSubentryFlow):
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
            raise AbortFlow("no_model" if err.code == _NO_MODEL else "model_failed", {"error": str(err)}) from err
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


class _TyingFlow(_ExposureFlow):
    """The steps in which what entities offer is tied to what a model has: for each entity one, and more where names differ."""

    _model: ThingModel
    _drafts: list[_Draft]
    _at = 0
    _agreed: frozenset[tuple[str, str]] = frozenset()
    """Entities and facets that were tied when the user last said that the app may control them."""
    _to_choose: list[str]
    """Facets of the entity at hand whose options wait to be told in the model's choices."""

    def _agree(self, exposure: EntityExposure | SubDeviceExposure) -> None:
        """Remember what the user has agreed to before."""
        if exposure.confirmed:
            self._agreed = frozenset(
                (member.entity.value, pair.facet) for member in exposure.members for pair in member.pairs
            )

    def _taken(self) -> dict[str, str]:
        """Return the codes that are tied to something else already, with the names of that."""
        raise NotImplementedError

    def _draft(self, entity_id: str, pairs: tuple[Pair, ...] | None = None) -> _Draft:
        """Return an entity to be tied."""
        return _Draft(
            entity=EntityRef.of(self.hass, entity_id),
            entity_id=entity_id,
            facets=facets(self.hass, entity_id),
            pairs=pairs,
        )

    def _wrong_entities(self, entity_ids: Iterable[str]) -> str | None:
        """Return the key of a form's error for entities that cannot be exposed."""
        exposed = self._exposed()
        for entity_id in entity_ids:
            if split_entity_id(entity_id)[0] not in EXPOSABLE_DOMAINS or not facets(self.hass, entity_id):
                return "nothing_to_expose"
            if entity_id in exposed:
                return "exposed_already"
        return None

    async def _async_tie(self, model: ThingModel, drafts: list[_Draft]) -> SubentryFlowResult:
        """Begin to ask."""
        self._model = model
        self._drafts = drafts
        self._at = 0
        self._texts = await Texts.load(self.hass, {split_entity_id(draft.entity_id)[0] for draft in drafts})
        return await self.async_step_pairs()

    async def async_step_pairs(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what of an entity is which property or event."""
        draft = self._drafts[self._at]
        others = {
            pair.code: entity_name(self.hass, other.entity_id)
            for other in self._drafts[: self._at]
            for pair in other.pairs or ()
            if pair.kind == PROPERTY
        }
        form = PairForm.of(draft.facets, self._model, self._taken() | others, draft.pairs, self._texts)
        if not form.fitting and len(self._drafts) == 1:
            return self.async_abort(
                reason="nothing_fits",
                description_placeholders={
                    "entity": escape(entity_name(self.hass, draft.entity_id)),
                    "reasons": form.reasons,
                },
            )
        errors: dict[str, str] = {}
        schema = form.schema()
        if user_input is not None:
            errors = form.wrong(user_input)
            chosen = form.pairs(user_input)
            if not chosen and len(self._drafts) == 1:
                errors["base"] = "nothing_exposed"
            if not errors:
                draft.pairs = chosen
                self._to_choose = [pair.facet for pair in chosen if form.to_ask(pair)]
                return await self._async_next()
            schema = self.add_suggested_values_to_schema(schema, user_input)
        return self.async_show_form(
            step_id="pairs",
            data_schema=schema,
            errors=errors,
            description_placeholders={
                "entity": escape(entity_name(self.hass, draft.entity_id)),
                "number": str(self._at + 1),
                "total": str(len(self._drafts)),
                "reasons": form.reasons,
            },
        )

    async def async_step_choices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which of the model's choices stands for which option."""
        draft = self._drafts[self._at]
        pair = next(pair for pair in draft.pairs or () if pair.facet == self._to_choose[0])
        form = ChoiceForm.of(draft.entity_id, draft.facets, pair, self._model, self._texts)
        errors: dict[str, str] = {}
        schema = form.schema()
        if user_input is not None:
            told = form.told(user_input)
            if (wrong := form.wrong(told)) is None:
                draft.pairs = tuple(told if one is pair else one for one in draft.pairs or ())
                self._to_choose.pop(0)
                return await self._async_next()
            errors["base"] = wrong
            schema = self.add_suggested_values_to_schema(schema, user_input)
        return self.async_show_form(
            step_id="choices",
            data_schema=schema,
            errors=errors,
            description_placeholders={
                "entity": escape(entity_name(self.hass, draft.entity_id)),
                "facet": escape(self._texts.facet(pair.facet)),
                "code": pair.code,
            },
        )

    async def _async_next(self) -> SubentryFlowResult:
        """Go on to what is to be asked next."""
        if self._to_choose:
            return await self.async_step_choices()
        if self._at + 1 < len(self._drafts):
            self._at += 1
            return await self.async_step_pairs()
        if not any(draft.pairs for draft in self._drafts):
            return self.async_abort(
                reason="nothing_fits",
                description_placeholders={
                    "entity": ", ".join(escape(entity_name(self.hass, draft.entity_id)) for draft in self._drafts),
                    "reasons": "",
                },
            )
        if self._controls():
            return await self.async_step_confirm()
        self._confirmed = False
        return await self._async_finish()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the app may open what keeps people out; without a yes that is only shown to it."""
        if user_input is not None:
            self._confirmed = user_input[CONF_CONFIRMED]
            return await self._async_finish()
        controls = self._controls()
        # What is new in it has not been agreed to
        before = self._agreed.issuperset(controls)
        return self.async_show_form(
            step_id="confirm",
            data_schema=self.add_suggested_values_to_schema(_CONFIRM, {CONF_CONFIRMED: before}),
            description_placeholders={"controls": "\n".join(controls.values())},
            last_step=True,
        )

    def _controls(self) -> dict[tuple[str, str], str]:
        """Return what could be set from outside that lets somebody in, or switches an alarm off, by entity and facet.

        Each is a line in Markdown.
        """
        lines: dict[tuple[str, str], str] = {}
        for draft in self._drafts:
            offered = {facet.key: facet for facet in draft.facets if facet.settable and facet.sensitive}
            for pair in draft.pairs or ():
                target = self._model.properties.get(pair.code)
                if pair.kind != PROPERTY or target is None or pair.facet not in offered:
                    continue
                found = conversion(offered[pair.facet], target, pair.choices)
                if isinstance(found, Conversion) and found.settable:
                    name = escape(entity_name(self.hass, draft.entity_id))
                    line = f"- **{name}**: {escape(self._texts.facet(pair.facet))} (`{pair.code}`)"
                    lines[draft.entity.value, pair.facet] = line
        return lines

    def _members(self) -> tuple[Member, ...]:
        """Return the entities of which something is tied."""
        return tuple(Member(entity=draft.entity, pairs=draft.pairs) for draft in self._drafts if draft.pairs)


class EntityFlow(_TyingFlow):
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
            data_schema=_with(_ENTITY, {CONF_ENTITY_ID: self._entity_selector()}),
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
            if isinstance(exposure, EntityExposure):
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
            data_schema=_with(_ENTITY, {CONF_ENTITY_ID: self._entity_selector()}),
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


class SubDeviceFlow(_TyingFlow):
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
                _with(
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
                _with(_MEMBERS, {CONF_ENTITIES: self._entity_selector(multiple=True)}),
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
        """Unbind a sub-device, if that can be done now."""
        with contextlib.suppress(LinkError, UnknownEntry):
            await async_unbind(self.hass, self._get_entry(), device_id)

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


class ActionFlow(_ExposureFlow):
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
            data_schema=_with(_DEVICE, {CONF_DEVICE: choice}),
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
            data_schema=_with(_ACTION, {CONF_CODE: choice}),
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
            data_schema=self.add_suggested_values_to_schema(_CONFIRM, {CONF_CONFIRMED: self._confirmed}),
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


def _with(schema: vol.Schema, selectors: Mapping[str, Selector[Any]]) -> vol.Schema:
    """Return a form's schema with selectors that are made for this time."""
    return vol.Schema({field: selectors.get(str(field), selector) for field, selector in schema.schema.items()})


SUBENTRY_FLOWS: Final[dict[str, type[ConfigSubentryFlow]]] = {
    SUBENTRY_ENTITY: EntityFlow,
    SUBENTRY_SUB_DEVICE: SubDeviceFlow,
    SUBENTRY_ACTION: ActionFlow,
}
"""The flow of each type of subentry."""
