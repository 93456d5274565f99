"""ICE candidates on their way between browsers and cameras."""

from typing import Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud import candidates

HOST: Final = "candidate:512512433 1 udp 2122260223 192.168.0.227 50828 typ host generation 0 ufrag Q93I network-id 1"
RELAY: Final = "candidate:3 1 UDP 41885439 203.0.113.7 60102 typ relay raddr 198.51.100.2 rport 41111"


@pytest.mark.parametrize(
    ("browser", "camera"),
    [
        (HOST, f"a={HOST}"),
        (f"a={HOST}\r\n", f"a={HOST}"),
        ("", ""),
        ("\r\n", ""),
        ("null", ""),
    ],
)
def test_to_camera(browser: str, camera: str) -> None:
    assert candidates.to_camera(browser) == camera


@pytest.mark.parametrize(
    ("camera", "browser"),
    [
        (f"a={HOST}\r\n", HOST),
        (f"a={HOST}\r", HOST),
        (f"a={HOST}", HOST),
        (HOST, HOST),
        (f"a={RELAY}\r\n", RELAY),
        (" a=candidate:1  1 udp 1 10.0.0.1 9 typ host \r\n", "candidate:1 1 udp 1 10.0.0.1 9 typ host"),
        ("1 1 udp 2130706431 10.0.0.1 41234 typ host", "candidate:1 1 udp 2130706431 10.0.0.1 41234 typ host"),
        (
            "a=candidate:2 1 tcp 1 fe80::1 9 typ host tcptype active",
            "candidate:2 1 tcp 1 fe80::1 9 typ host tcptype active",
        ),
        ("", None),
        ("\r\n", None),
        ("a=end-of-candidates\r\n", None),
    ],
)
def test_from_camera(camera: str, browser: str | None) -> None:
    assert candidates.from_camera(camera) == browser


@pytest.mark.parametrize(
    "text",
    [
        "a=candidate:",
        "a=mid:0",
        "a=candidate:1 1 udp x 10.0.0.1 9 typ host",
        "candidate:1 1 udp 1 10.0.0.1 9 typ strange",
    ],
)
def test_no_candidate(text: str) -> None:
    """What a browser's parser would throw at is no candidate."""
    with pytest.raises(ValueError, match="not an ICE candidate"):
        candidates.from_camera(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("candidate:1 1 udp 2113937151 2cf0b2c0-0842-4fe3-aaa0-4556a2dfbadc.local 33192 typ host", True),
        ("a=candidate:1 1 udp 2113937151 2CF0B2C0.LOCAL 33192 typ host\r\n", True),
        (HOST, False),
        ("candidate:1 1 udp 1 camera.localdomain 9 typ host", False),
        ("", False),
    ],
)
def test_mdns(text: str, expected: bool) -> None:
    assert candidates.is_mdns(text) is expected


def test_ufrag() -> None:
    assert candidates.ufrag_of(f"a={HOST}\r\n") == "Q93I"
    assert candidates.ufrag_of(RELAY) is None
    assert candidates.ufrag_of("") is None
