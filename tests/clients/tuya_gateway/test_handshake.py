"""Who is who, and who only says so."""

import base64
import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    AuthenticationRefused,
    DeviceKey,
    NotTuyaGateway,
    ProofVariant,
    WrongProof,
)
from custom_components.iot_gateway.clients.tuya_gateway.handshake import Handshake, make_session_key

from . import seed
from .fake_gateway import KEY, KEY_TEXT, auth_required, sign, text

DEVICE_KEY = DeviceKey.parse(KEY_TEXT)
NONCE_S = bytes(range(16))


def answered(nonce: bytes = NONCE_S, **arguments: Any) -> tuple[Handshake, bytes, bytes]:
    """Return a handshake that has answered, with its nonce and proof."""
    handshake = Handshake(DEVICE_KEY, **arguments)
    auth = handshake.answer(auth_required(nonce))
    assert auth["type"] == "auth"
    return handshake, base64.b64decode(auth["data"]["nonce"]), base64.b64decode(auth["data"]["hmac"])


def auth_ok(proof: bytes, **more: str) -> dict[str, Any]:
    return {"type": "auth_ok", "data": {"hmac": text(proof), **more}}


def test_authenticates() -> None:
    handshake, nonce_c, proof_c = answered()
    assert len(nonce_c) == 16
    assert proof_c == sign(NONCE_S)
    key = handshake.finish(auth_ok(sign(nonce_c), extra="key"))
    assert key == bytes(s ^ c for s, c in zip(NONCE_S, nonce_c, strict=True))


def test_the_seeds_request_is_answered() -> None:
    auth = Handshake(DEVICE_KEY).answer(json.loads(seed.AUTH_REQUIRED))
    assert set(auth) == set(json.loads(seed.AUTH))
    assert set(auth["data"]) == set(json.loads(seed.AUTH)["data"])


def test_nonces_are_new_each_time() -> None:
    assert len({answered()[1] for _ in range(100)}) == 100


def test_the_other_variant() -> None:
    handshake, nonce_c, proof_c = answered(variant=ProofVariant.BASE64_NONCE)
    assert proof_c == sign(base64.b64encode(NONCE_S))
    assert handshake.finish(auth_ok(sign(base64.b64encode(nonce_c))))


def test_variants_are_not_tried_one_after_the_other() -> None:
    handshake, nonce_c, _ = answered()
    with pytest.raises(WrongProof):
        handshake.finish(auth_ok(sign(base64.b64encode(nonce_c))))


@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_a_nonce_of_another_length(size: int) -> None:
    with pytest.raises(NotTuyaGateway, match=f"nonce of {size} bytes"):
        Handshake(DEVICE_KEY).answer(auth_required(bytes(size)))


@pytest.mark.parametrize(
    "message",
    [{}, {"data": None}, {"data": {}}, {"data": {"nonce": 5}}, {"data": {"nonce": "no base64!"}}, {"data": []}],
)
def test_no_nonce(message: dict[str, Any]) -> None:
    with pytest.raises(NotTuyaGateway, match="no nonce"):
        Handshake(DEVICE_KEY).answer({"type": "auth_required"} | message)


@pytest.mark.parametrize(
    "proof", [b"", bytes(32), sign(NONCE_S, b"another 16 bytes"), sign(NONCE_S)[:16], b"\xff" * 32]
)
def test_a_wrong_proof(proof: bytes) -> None:
    handshake, _, _ = answered()
    with pytest.raises(WrongProof, match="is wrong"):
        handshake.finish(auth_ok(proof))


@pytest.mark.parametrize("data", [{}, {"hmac": None}, {"hmac": "%"}, None, []])
def test_no_proof(data: Any) -> None:
    handshake, _, _ = answered()
    with pytest.raises(WrongProof):
        handshake.finish({"type": "auth_ok", "data": data})


def test_a_truncated_proof() -> None:
    handshake, nonce_c, _ = answered()
    with pytest.raises(WrongProof):
        handshake.finish(auth_ok(sign(nonce_c)[:31]))


def test_our_own_proof_comes_back() -> None:
    handshake, _, proof_c = answered()
    with pytest.raises(WrongProof, match="our own proof"):
        handshake.finish(auth_ok(proof_c))


def test_our_own_message_comes_back() -> None:
    handshake, nonce_c, proof_c = answered()
    with pytest.raises(WrongProof, match="our own nonce"):
        handshake.finish({"type": "auth", "data": {"nonce": text(nonce_c), "hmac": text(proof_c)}})


@pytest.mark.parametrize("kind", ["auth_required", "auth_ok"])
def test_our_own_nonce_comes_back_on_this_connection(kind: str) -> None:
    handshake, nonce_c, _ = answered()
    with pytest.raises(WrongProof, match="our own nonce"):
        handshake.finish({"type": kind, "data": {"nonce": text(nonce_c), "hmac": text(sign(nonce_c))}})


def test_our_own_nonce_comes_back_on_another_connection() -> None:
    """Two connections at once: what the first waits for is had from the second, if that signs anything."""
    _, nonce_c, _ = answered()
    with pytest.raises(WrongProof, match="our own nonce"):
        Handshake(DEVICE_KEY).answer(auth_required(nonce_c))


def test_a_zero_session_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda size: NONCE_S[:size])
    with pytest.raises(WrongProof, match="zero"):
        Handshake(DEVICE_KEY).answer(auth_required(NONCE_S))
    with pytest.raises(WrongProof, match="zero"):
        make_session_key(KEY, KEY)


@pytest.mark.parametrize("message", [{}, {"type": "auth_failed"}, {"type": "result", "success": True}])
def test_something_else_than_auth_ok(message: dict[str, Any]) -> None:
    handshake, _, _ = answered()
    with pytest.raises(AuthenticationRefused, match="something else"):
        handshake.finish(message)


def test_the_proof_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    handshake, nonce_c, _ = answered()
    compared: list[bytes] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append(b)
        return a == b

    monkeypatch.setattr("hmac.compare_digest", compare)
    handshake.finish(auth_ok(sign(nonce_c)))
    assert sign(nonce_c) in compared
