"""Every code has a class, every class a reaction, and none of them tells secrets."""

import pytest

from custom_components.iot_gateway.clients.tencent_video import errors
from custom_components.iot_gateway.clients.tencent_video.errors import (
    AgentError,
    AgentRefused,
    CannotReachCloud,
    ClockWrong,
    CloudFailed,
    CredentialsRefused,
    DeviceOffline,
    NotFound,
    NotSupported,
    PermissionDenied,
    RateLimited,
    Reaction,
    RegionInvalid,
    RequestInvalid,
    TencentError,
    UnknownTencentError,
    error_of,
)


@pytest.mark.parametrize(
    ("code", "kind", "reaction"),
    [
        ("AuthFailure.InvalidAuthorization", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.InvalidSecretId", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.MFAFailure", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.SecretIdNotFound", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.SignatureFailure", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.TokenFailure", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("TokenFailure", CredentialsRefused, Reaction.NEW_CREDENTIALS),
        ("AuthFailure.SignatureExpire", ClockWrong, Reaction.SET_CLOCK),
        ("AuthFailure.UnauthorizedOperation", PermissionDenied, Reaction.GRANT_PERMISSION),
        ("UnauthorizedOperation", PermissionDenied, Reaction.GRANT_PERMISSION),
        ("UnauthorizedOperation.CamNoAuth", PermissionDenied, Reaction.GRANT_PERMISSION),
        ("FailedOperation.PermissionDenied", PermissionDenied, Reaction.GRANT_PERMISSION),
        ("RequestLimitExceeded", RateLimited, Reaction.RETRY),
        ("RequestLimitExceeded.UinLimitExceeded", RateLimited, Reaction.RETRY),
        ("InternalError", CloudFailed, Reaction.RETRY),
        ("InternalError.DBOperationError", CloudFailed, Reaction.RETRY),
        ("ServiceUnavailable", CloudFailed, Reaction.RETRY),
        ("ResourceNotFound", NotFound, Reaction.TELL),
        ("ResourceNotFound.DeviceNotExist", NotFound, Reaction.TELL),
        ("InvalidAction", RequestInvalid, Reaction.TELL),
        ("InvalidParameter", RequestInvalid, Reaction.TELL),
        ("InvalidParameter.JSONSizeExceedLimit", RequestInvalid, Reaction.TELL),
        ("InvalidParameterValue", RequestInvalid, Reaction.TELL),
        ("InvalidRequest", RequestInvalid, Reaction.TELL),
        ("MissingParameter", RequestInvalid, Reaction.TELL),
        ("NoSuchVersion", RequestInvalid, Reaction.TELL),
        ("UnknownParameter", RequestInvalid, Reaction.TELL),
        ("UnsupportedRegion", RegionInvalid, Reaction.TELL),
        ("UnsupportedOperation", NotSupported, Reaction.TELL),
        ("UnsupportedOperation.DeviceOffline", DeviceOffline, Reaction.TELL),
        ("FailedOperation.ActionUnreachable", DeviceOffline, Reaction.TELL),
        ("FailedOperation", UnknownTencentError, Reaction.TELL),
        ("FailedOperation.Timeout", UnknownTencentError, Reaction.TELL),
        ("ResourceInsufficient", UnknownTencentError, Reaction.TELL),
        ("", UnknownTencentError, Reaction.TELL),
    ],
)
def test_codes(code: str, kind: type[TencentError], reaction: Reaction) -> None:
    err = error_of(code, "no", "r-7", action="DescribeDevices", offset=900.0)
    assert type(err) is kind
    assert err.reaction is reaction
    assert (err.code, err.request_id) == (code, "r-7")
    assert str(err) == (f"no ({code})" if code else "no")
    if isinstance(err, ClockWrong):
        assert err.offset == 900.0
    if isinstance(err, PermissionDenied):
        assert err.action == "DescribeDevices"


def test_all_known_codes_are_tested() -> None:
    """A code that is put into the table must get its class by the table, also with an ending that nobody knows."""
    for code, kind in errors._KINDS.items():
        assert type(error_of(f"{code}.New", "")) is kind


def test_texts_hide_addresses_signed_urls_and_secret_ids() -> None:
    text = str(
        error_of("X", "198.51.100.7 and 2001:db8::1 may not read https://h/v?sign=abc with AKIDz8krbsJ5yKBZQpn7")
    )
    assert text == "[address] and [address] may not read […] with […] (X)"


def test_offline_is_an_error_of_both_ways() -> None:
    err = DeviceOffline("away")
    assert isinstance(err, TencentError)
    assert isinstance(err, AgentError)
    assert str(err) == "away"


def test_status_of_the_agent() -> None:
    assert str(AgentRefused("declined", 406)) == "declined (status 406)"
    assert CannotReachCloud("x").reaction is Reaction.RETRY
