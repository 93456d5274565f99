"""What can go wrong between us and the TuyaLink cloud, one class a cause that a user or a caller can tell apart.

The codes are those of an answer's `code` (protocols page B3, and the tables of "Properties, Actions, and Events", which has two
more: 2003 and 2124). No text of these errors holds a secret: neither the device secret nor a password nor a value.
"""

from collections.abc import Mapping
from typing import Final

_KEYS: Final[Mapping[int, str]] = {
    1001: "service_error",
    1002: "invalid_parameter",
    1003: "data_format",
    1004: "device_not_found",
    2001: "device_offline",
    2002: "model_not_defined",
    2003: "property_not_defined",
    2004: "event_not_defined",
    2006: "data_check",
    2121: "partly_refused",
    2122: "all_refused",
    2123: "too_many_sub_devices",
    2124: "too_much_history",
}


class LinkError(Exception):
    """Base of all errors of this package; str() of each is a sentence part fit for a log and for a user."""


class CannotConnect(LinkError):
    """The broker cannot be reached, does not answer, or does not take us for another reason than our credentials.

    `certificate_invalid` tells that the cause is the broker's certificate.
    """

    def __init__(self, message: str, *, certificate_invalid: bool = False) -> None:
        """Say `message`."""
        super().__init__(message)
        self.certificate_invalid = certificate_invalid


class CredentialsRefused(LinkError):
    """The broker refuses device id and secret (CONNACK 4 and 5), or the time of this machine that is signed with them."""


class TakenOver(LinkError):
    """Another client connects with the same certificate again and again, and the cloud keeps one connection a certificate.

    MQTT 3.1.1 has no word for that: what is seen is that the broker ends good connections within seconds, time after time. A
    broker that does so for what we send looks the same.
    """


class LinkLost(LinkError):
    """There is no connection, or it ended before the message was confirmed: it may or may not have arrived."""


class CloudRefused(LinkError):
    """The cloud answered with a code other than 0; `key` is a stable name of the code, `unknown` where it has none."""

    def __init__(self, code: int, what: str, message: str | None = None) -> None:
        """Have refused `what`, the function of the topic."""
        self.code: Final = code
        self.what: Final = what
        self.key: str = _KEYS.get(code, "unknown")
        super().__init__(message or f"The cloud refuses {what}: {self.key} (code {code})")


class BindRefused(CloudRefused):
    """Sub-devices were not bound; `bound` are those that were, by product id and client id.

    With code 0 (key `not_bound`) the cloud claimed success and bound nothing: no licence left, or an unknown product.
    """

    def __init__(self, code: int, what: str, bound: Mapping[tuple[str, str], str]) -> None:
        """Have bound no more than `bound`."""
        super().__init__(
            code, what, None if code else "The cloud bound no sub-device: an unknown product id, or no licence is left"
        )
        if not code:
            self.key = "not_bound"
        self.bound: Final = dict(bound)


class AnswerTimeout(LinkError):
    """The cloud did not answer in time; it may have done what was asked."""


class MessageTooLarge(LinkError):
    """A message, or a single value, is larger than the cloud takes; `codes` names the values, without them."""

    def __init__(self, message: str, codes: tuple[str, ...] = ()) -> None:
        """Say `message`."""
        super().__init__(message)
        self.codes: Final = codes


class MessageInvalid(LinkError):
    """What came is not what the protocol says, or what is to be sent cannot be written as JSON."""
