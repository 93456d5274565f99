"""The signature of requests: the published example, and what it depends on."""

import pytest

from custom_components.iot_gateway.clients.tencent_video.signing import sign

EXAMPLE = {
    "secret_id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    "secret_key": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    "service": "cvm",
    "host": "cvm.tencentcloudapi.com",
    "content_type": "application/json; charset=utf-8",
    "timestamp": 1551113065,
    "body": rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
}


def test_published_example() -> None:
    assert sign(**EXAMPLE) == (  # type: ignore[arg-type]
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"secret_key": "another"},
        {"service": "iotvideo"},
        {"host": "cvm.tencentcloudapi.com:8443"},
        {"content_type": "application/json"},
        {"timestamp": 1551113066},
        {"body": b"{}"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_is_signed(change: dict[str, object]) -> None:
    def signature(authorization: str) -> str:
        return authorization.rpartition("=")[2]

    assert signature(sign(**EXAMPLE | change)) != signature(sign(**EXAMPLE))  # type: ignore[arg-type]


def test_scope_has_the_day_in_utc() -> None:
    """One second before and at midnight UTC, wherever we are."""
    assert "/2019-02-25/" in sign(**EXAMPLE | {"timestamp": 1551139199})  # type: ignore[arg-type]
    assert "/2019-02-26/" in sign(**EXAMPLE | {"timestamp": 1551139200})  # type: ignore[arg-type]
