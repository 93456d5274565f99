"""Envelopes: three forms, two ciphers, the signature, and everything that can be wrong with one (A4)."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    EnvelopeOpener,
    Signature,
    UndecodableMessage,
    open_envelope,
)

from .samples import (
    A_SEED_FORM,
    ACCESS_SECRET,
    B_COMMON_ECB,
    C_COMMON_GCM,
    KEY,
    PLAIN_A,
    PLAIN_B_AND_C,
    Form,
    encrypt,
    make_envelope,
    payload_of,
    sign,
)

BODY = {"devId": "dev", "status": []}


def test_vector_a_the_seeds_form() -> None:
    envelope = open_envelope(payload_of(A_SEED_FORM), {}, ACCESS_SECRET)
    assert envelope.body == PLAIN_A
    assert (envelope.protocol, envelope.time, envelope.encryption) == (None, 1588918073598, "aes_ecb")
    assert envelope.signature is Signature.VALID


def test_vector_a_written_in_hexadecimal_digits() -> None:
    """As the seed's sample looks, though its text says base64."""
    assert isinstance(A_SEED_FORM["encryptPayload"], str)
    data = base64.b64decode(A_SEED_FORM["encryptPayload"])
    for text in (data.hex().upper(), data.hex()):
        envelope = open_envelope(payload_of({**A_SEED_FORM, "encryptPayload": text}), {}, ACCESS_SECRET)
        assert envelope.body == PLAIN_A


def test_vector_b_the_common_form() -> None:
    envelope = open_envelope(payload_of(B_COMMON_ECB), {"em": "aes_ecb", "tid": "x"}, ACCESS_SECRET)
    assert envelope.body == PLAIN_B_AND_C
    assert (envelope.protocol, envelope.time, envelope.encryption) == (4, 1588918073600, "aes_ecb")
    assert envelope.signature is Signature.VALID


@pytest.mark.parametrize("properties", [{}, {"em": "aes_gcm"}])
def test_vector_c_gcm(properties: dict[str, str]) -> None:
    envelope = open_envelope(payload_of(C_COMMON_GCM), properties, ACCESS_SECRET)
    assert envelope.body == PLAIN_B_AND_C
    assert (envelope.protocol, envelope.time, envelope.encryption) == (4, 1588918073601, "aes_gcm")
    assert envelope.signature is Signature.VALID


def test_our_own_envelopes_are_as_the_vectors() -> None:
    """What the other tests send is made right."""
    for vector in (A_SEED_FORM, B_COMMON_ECB, C_COMMON_GCM):
        assert sign(vector) == vector["sign"]
    data = base64.b64decode(str(B_COMMON_ECB["data"]))
    plain = json.dumps(PLAIN_B_AND_C, separators=(",", ":")).encode()
    assert len(base64.b64decode(encrypt(plain, "common"))) == len(data)


@pytest.mark.parametrize("form", ["common", "gcm", "seed", "seed_hex"])
def test_one_opener_opens_any_form_in_any_order(form: Form) -> None:
    opener = EnvelopeOpener(ACCESS_SECRET)
    for number in range(20):
        other: Form = "gcm" if number % 2 else "common"
        for one in (form, other):
            body = {"number": number, "text": "ü" * number}
            envelope = opener.open(payload_of(make_envelope(body, form=one)), {})
            assert envelope.body == body
            assert envelope.signature is Signature.VALID


# Which cipher


@pytest.mark.parametrize(
    ("properties", "more", "cipher"),
    [
        # The frame's property counts first
        ({"em": "aes_ecb"}, {"encryptVersion": "v2"}, "aes_ecb"),
        ({"em": "aes_gcm"}, {"encryptType": "aes_ecb"}, "aes_gcm"),
        ({"em": "AES_GCM"}, {}, "aes_gcm"),
        # then the version
        ({}, {"encryptVersion": "v2", "encryptType": "aes_ecb"}, "aes_gcm"),
        ({"em": ""}, {"encryptVersion": "v2"}, "aes_gcm"),
        # then the type
        ({}, {"encryptType": "aes_gcm"}, "aes_gcm"),
        ({}, {"encryptVersion": "v1", "encryptType": "aes_ecb"}, "aes_ecb"),
        # else ECB
        ({}, {}, "aes_ecb"),
        ({"tid": "1"}, {"encryptType": ""}, "aes_ecb"),
    ],
)
def test_which_cipher(properties: dict[str, str], more: dict[str, str], cipher: str) -> None:
    data = encrypt(json.dumps(BODY).encode(), "gcm" if cipher == "aes_gcm" else "common")
    envelope = open_envelope(payload_of({"data": data, "protocol": 4, **more}), properties, ACCESS_SECRET)
    assert envelope.body == BODY
    assert envelope.encryption == cipher


def test_gcm_in_the_seeds_form_and_in_hexadecimal_digits() -> None:
    sealed = base64.b64decode(encrypt(json.dumps(BODY).encode(), "gcm"))
    for text in (sealed.hex(), base64.b64encode(sealed).decode()):
        envelope = open_envelope(payload_of({"encryptType": "aes_gcm", "encryptPayload": text}), {}, ACCESS_SECRET)
        assert envelope.body == BODY


def test_the_payload_of_the_seed_counts_where_both_are_there() -> None:
    envelope = {"data": "ignored", "encryptPayload": encrypt(json.dumps(BODY).encode(), "seed")}
    assert open_envelope(payload_of(envelope), {}, ACCESS_SECRET).body == BODY


def test_base64_with_line_breaks() -> None:
    text = encrypt(json.dumps({**BODY, "more": "x" * 100}).encode(), "common")
    broken = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76)) + "\n"
    assert open_envelope(payload_of({"data": broken}), {}, ACCESS_SECRET).body["more"] == "x" * 100


@pytest.mark.parametrize("length", range(33))
def test_any_length_is_padded(length: int) -> None:
    body = {"x": "a" * length}
    assert open_envelope(payload_of(make_envelope(body)), {}, ACCESS_SECRET).body == body


# The signature


def test_keys_may_be_added_and_are_signed_too() -> None:
    envelope: dict[str, Any] = {**make_envelope(BODY), "appId": "new", "empty": "", "nothing": None, "flag": True}
    signed = f"appId=new||data={envelope['data']}||flag=true||protocol=4||pv=2.0||t=1790000000000||{ACCESS_SECRET}"
    envelope["sign"] = hashlib.md5(signed.encode()).hexdigest().upper()
    assert open_envelope(payload_of(envelope), {}, ACCESS_SECRET).signature is Signature.VALID


@pytest.mark.parametrize(
    ("change", "signature"),
    [
        ({"sign": "0" * 32}, Signature.WRONG),
        ({"sign": "nonsense ü"}, Signature.WRONG),
        ({"t": 1790000000001}, Signature.WRONG),
        ({"protocol": 20}, Signature.WRONG),
        ({"sign": ""}, Signature.ABSENT),
        ({"sign": None}, Signature.ABSENT),
        ({"sign": 7}, Signature.ABSENT),
    ],
)
def test_a_wrong_signature_is_told_and_the_message_read(change: dict[str, Any], signature: Signature) -> None:
    envelope = open_envelope(payload_of({**make_envelope(BODY), **change}), {}, ACCESS_SECRET)
    assert envelope.signature is signature
    assert envelope.body == BODY


# What cannot be read


def _with(**change: Any) -> str:
    return payload_of({**make_envelope(BODY), **change})


_UNREADABLE = [
    ("", {}, "not base64 of a JSON object"),
    ("{}", {}, "not base64 of a JSON object"),
    ("ü", {}, "not base64 of a JSON object"),
    (base64.b64encode(b"no json").decode(), {}, "not base64 of a JSON object"),
    (base64.b64encode(b"[1]").decode(), {}, "not base64 of a JSON object"),
    (base64.b64encode(b'{"data":"' + b"\xff" * 9 + b'"}').decode(), {}, "not base64 of a JSON object"),
    (base64.b64encode(b"[" * 100_000).decode(), {}, "not base64 of a JSON object"),
    (payload_of({"t": 1}), {}, "no ciphertext"),
    (_with(data=""), {}, "no ciphertext"),
    (_with(data={"devId": "plain"}), {}, "no ciphertext"),
    (_with(data="not base64!"), {}, "neither base64 nor hexadecimal"),
    (_with(data="ü"), {}, "neither base64 nor hexadecimal"),
    (_with(data="YWJj"), {}, "no whole number of blocks"),
    (_with(data="==="), {}, "neither base64 nor hexadecimal"),
    (_with(encryptVersion="v2", data="YWJj"), {}, "too short"),
    (_with(encryptType="aes_cbc"), {}, "unknown encryption"),
    (_with(encryptType=7), {}, "unknown encryption"),
    (_with(), {"em": "sm4"}, "unknown encryption"),
    (_with(data=encrypt(b"{}", "common", b"another key 1234")), {}, "padding is wrong"),
    (_with(data=encrypt(b"{}", "gcm", b"another key 1234")), {"em": "aes_gcm"}, "tag is wrong"),
    (_with(data=encrypt(b"no json", "common")), {}, "no JSON object"),
    (_with(data=encrypt(b"[1]", "common")), {}, "no JSON object"),
    (_with(data=encrypt(b'"text"', "gcm")), {"em": "aes_gcm"}, "no JSON object"),
    (_with(data=encrypt(b"\xff\xfe{}", "common")), {}, "no JSON object"),
]


# What is encrypted is another with each run, and would be another name in each worker
@pytest.mark.parametrize(
    ("payload", "properties", "step"),
    _UNREADABLE,
    ids=[f"{number}-{step}" for number, (*_, step) in enumerate(_UNREADABLE)],
)
def test_what_cannot_be_read(payload: str, properties: dict[str, str], step: str) -> None:
    with pytest.raises(UndecodableMessage, match=step) as error:
        open_envelope(payload, properties, ACCESS_SECRET)
    assert error.value.step == str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None
    for secret in (ACCESS_SECRET, KEY.decode(), "no json", "plain"):
        assert secret not in str(error.value)


@pytest.mark.parametrize("end", [b"\x00" * 2, b"\x01\x02", b"\x11" * 2, b"\x07" * 6, b"}}"])
def test_padding_that_is_only_nearly_right(end: bytes) -> None:
    """With a wrong key, one message in 256 ends with what looks like one byte of it, and is no JSON then."""
    encryptor = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
    data = base64.b64encode(encryptor.update((b'{"x":1}' + b" " * 16)[: 16 - len(end)] + end)).decode()
    with pytest.raises(UndecodableMessage, match="padding is wrong"):
        open_envelope(payload_of({"data": data}), {}, ACCESS_SECRET)


def test_a_changed_bit_of_gcm_is_found() -> None:
    data = bytearray(base64.b64decode(str(C_COMMON_GCM["data"])))
    for position in (0, 12, len(data) - 1):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(UndecodableMessage, match="tag is wrong"):
            open_envelope(payload_of({**C_COMMON_GCM, "data": base64.b64encode(changed).decode()}), {}, ACCESS_SECRET)


def test_an_opener_goes_on_after_a_failure() -> None:
    opener = EnvelopeOpener(ACCESS_SECRET)
    for broken in (_with(data="YWJj"), _with(data=encrypt(b"{}", "common", b"another key 1234"))):
        with pytest.raises(UndecodableMessage):
            opener.open(broken, {})
        assert opener.open(payload_of(B_COMMON_ECB), {}).body == PLAIN_B_AND_C


def test_nan_is_unknown_and_large_numbers_are_kept() -> None:
    envelope = make_envelope('{"a": NaN, "b": 123456789012345678901234567890, "c": 1}')
    assert open_envelope(payload_of(envelope), {}, ACCESS_SECRET).body == {
        "a": None,
        "b": 1.2345678901234568e29,
        "c": 1,
    }


@pytest.mark.parametrize(
    ("t", "time"), [(1790000000, 1790000000000), ("1790000000123", 1790000000123), (None, None), ("x", None)]
)
def test_the_time_of_an_envelope(t: Any, time: int | None) -> None:
    assert open_envelope(_with(t=t), {}, ACCESS_SECRET).time == time


def test_secrets_and_content_are_nowhere() -> None:
    opener = EnvelopeOpener(ACCESS_SECRET)
    envelope = opener.open(payload_of(B_COMMON_ECB), {})
    for secret in (ACCESS_SECRET, KEY.decode(), "dev0001"):
        assert secret not in f"{opener!r} {envelope!r}"
