"""Errors that users see: Home Assistant's, with the keys of their translations."""

from collections.abc import Iterable, Mapping

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .model import DeviceSchema, InvalidValue


class CommandFailed(HomeAssistantError):
    """A command that did not take effect; the state is what it was."""

    def __init__(self, translation_key: str, **placeholders: str) -> None:
        """Name the cause by the key of its translation."""
        super().__init__(
            translation_domain=DOMAIN, translation_key=translation_key, translation_placeholders=placeholders
        )


class CommandRefused(CommandFailed):
    """A command that the other side answered with a refusal, so that part of it may do on its own."""


class CommandsFailed(CommandFailed):
    """Of commands to several devices some did not take effect; the others did. `by_device` has the error of each."""

    def __init__(self, by_device: Mapping[str, CommandFailed]) -> None:
        """Tell what became of whom."""
        first = next(iter(by_device.values()))
        super().__init__(first.translation_key or "", **(first.translation_placeholders or {}))
        self.by_device = by_device


def invalid_value(err: InvalidValue) -> ServiceValidationError:
    """Return the error of a value that its data point does not allow."""
    key = "read_only" if err.reason == "read_only" else "value_not_allowed"
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"code": err.code, "value": err.value, "allowed": err.allowed},
    )


def unknown_data_point(device: str, code: str, schema: DeviceSchema) -> ServiceValidationError:
    """Return the error of a code that a device, named as users know it, does not have."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="unknown_data_point",
        translation_placeholders={
            "device": device,
            "code": code,
            "codes": ", ".join(known for known, point in schema.points.items() if point.writable) or "-",
        },
    )


def unknown_action(device: str, action: str, actions: Iterable[str]) -> ServiceValidationError:
    """Return the error of an action that a device, named as users know it, does not have."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="unknown_action",
        translation_placeholders={"device": device, "action": action, "actions": ", ".join(actions) or "-"},
    )


def invalid_input(action: str, name: str, allowed: str) -> ServiceValidationError:
    """Return the error of an input that an action does not take; the value itself is not repeated."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="input_not_allowed",
        translation_placeholders={"action": action, "input": name, "allowed": allowed},
    )
