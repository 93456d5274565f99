"""What errors of the client mean for a TuyaLink connection: what the user is told."""

from collections.abc import Mapping
from typing import Final

from ..clients.tuyalink import (
    AnswerTimeout,
    BindRefused,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    LinkError,
    LinkLost,
    TakenOver,
)

NO_MODEL: Final = 2002
"""The code of the cloud's refusal to tell the model of a product that has none."""

ERROR_KEYS: Mapping[type[LinkError], str] = {
    CannotConnect: "tuyalink_unreachable",
    CredentialsRefused: "tuyalink_credentials_refused",
    TakenOver: "tuyalink_taken_over",
    LinkLost: "tuyalink_not_connected",
    AnswerTimeout: "tuyalink_no_answer",
    BindRefused: "tuyalink_bind_refused",
    CloudRefused: "tuyalink_refused",
}
"""The key of the translation of each error, in the flows and in exceptions."""


def error_key(err: LinkError) -> str:
    """Return the key of the translation of an error of the client."""
    match err:
        case CannotConnect(certificate_invalid=True):
            return "tuyalink_certificate_invalid"
        case BindRefused(code=0):
            return "tuyalink_not_bound"
        case CloudRefused(code=code) if code == NO_MODEL:
            return "tuyalink_no_model"
    return ERROR_KEYS.get(type(err), "tuyalink_error")
