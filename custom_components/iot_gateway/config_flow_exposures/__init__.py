"""The flows of what a TuyaLink device exposes: entities, sub-devices made of entities, and actions."""

from typing import Final

from homeassistant.config_entries import ConfigSubentryFlow

from ..const import SUBENTRY_ACTION, SUBENTRY_ENTITY, SUBENTRY_SUB_DEVICE
from .action_flow import ActionFlow
from .entity_flow import EntityFlow
from .sub_device_flow import SubDeviceFlow

SUBENTRY_FLOWS: Final[dict[str, type[ConfigSubentryFlow]]] = {
    SUBENTRY_ENTITY: EntityFlow,
    SUBENTRY_SUB_DEVICE: SubDeviceFlow,
    SUBENTRY_ACTION: ActionFlow,
}
"""The flow of each type of subentry."""
