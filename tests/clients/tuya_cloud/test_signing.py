"""Signatures: Tuya's own examples, and what of a request they cover."""

from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.signing import sign, signed_url

SAMPLE: dict[str, Any] = {
    "secret": "4OHBOnWOqaEC1mWXOpVL3yV50s0qGSRC",
    "access_id": "1KAD46OrT9HafiKdsXeg",
    "t": 1588925778000,
    "nonce": "5138cc3a9033d69856923fd07b491173",
    "method": "GET",
    "url": "/v1.0/token?grant_type=1",
    "signature_headers": (
        ("area_id", "29a33e8796834b1efa6"),
        ("call_id", "8afdb70ab2ed11eb85290242ac130003"),
    ),
}
"""The example of Tuya's page on the new algorithm (new-singnature?id=Kbw0q34cs2e5g)."""


def test_official_example_of_a_token_call() -> None:
    assert sign(**SAMPLE) == "9E48A3E93B302EEECC803C7241985D0A34EB944F40FB573C7B5C2A82158AF13E"


def test_official_example_of_another_call() -> None:
    url = signed_url("/v2.0/apps/schema/users", {"page_size": "50", "page_no": "1"})
    assert url == "/v2.0/apps/schema/users?page_no=1&page_size=50"
    token = "3f4eda2bdec17232f67c0b188af3eec1"
    assert (
        sign(**SAMPLE | {"url": url, "access_token": token})
        == "AE4481C692AA80B25F3A7E12C3A5FD9BBF6251539DD78E565A1A72A508A88784"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "another"},
        {"access_id": "another"},
        {"t": 1588925778001},
        {"nonce": ""},
        {"method": "POST"},
        {"url": "/v1.0/token?grant_type=2"},
        {"body": b"{}"},
        {"access_token": "any"},
        {"signature_headers": ()},
        {"signature_headers": tuple(reversed(SAMPLE["signature_headers"]))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_all_of_the_request_is_signed(change: dict[str, Any]) -> None:
    signature = sign(**SAMPLE | change)
    assert signature != sign(**SAMPLE)
    assert len(signature) == 64
    assert signature == signature.upper()


def test_url() -> None:
    """Sorted by name, and as it is before it is encoded."""
    assert signed_url("/a", {}) == "/a"
    assert signed_url("/a", {"b": "x y/ü,+", "a": ""}) == "/a?a=&b=x y/ü,+"


def test_texts_beyond_ascii() -> None:
    """A secret or a name may have any letters."""
    assert len(sign(**SAMPLE | {"secret": "schlüssel", "url": "/v1?name=Küche"})) == 64
