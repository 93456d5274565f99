"""The simulated queue's cryptography: the official vector, the page's three, and what is decrypted without any of its code."""

from base64 import b64decode, b64encode
import json
from typing import Any

from cryptography.exceptions import InvalidTag
import pytest

from simulators.tuya_queue import DAMAGES, FORMS, BadSecret, Damage, Form, password, payload_key, seal, sign

from .queue_client import decrypted, signature_is_right

ACCESS_ID = "accessIdtesttesttest"
SECRET = "accessKeyesttesttesttesttesttest"
A_BODY = {
    "bizCode": "device",
    "eventType": "dp_report",
    "data": {
        "devId": "dev0001",
        "dataId": "d1",
        "status": [{"code": "switch_1", "value": "true", "time": 1589767589137}],
    },
}
B_BODY = {
    "dataId": "d2",
    "devId": "dev0001",
    "productKey": "pk",
    "status": [{"1": "true", "code": "switch_1", "t": 1589767589137, "value": True}],
}
A_VECTOR = {
    "encryptType": "aes_ecb",
    "v": "1.0",
    "t": 1588918073598,
    "encryptPayload": "yp/pdVgRGLx3OkOdFRn7vdDk7Wc61GK88OC1EqTdo30vj7M1CLyRCUtvHyZ55xCBGRM672pglLtzTT2ueqfpFB1oNhA4eYcGANx6oxGQyLw0"
    "gCW10WcgYpLf7jwhPIiOOH2ZPoWo5QxAFvvJczqKuZ961x2cy4xsBq9+0Y4yviwO4l1nSeHyGJunCB/y+GHWfhmOqJ3rCVa97bgjTY2s/w==",
    "sign": "c2bd784caf3a012ecc77219ecf75ca69",
}
B_VECTOR = {
    "data": "GIQc+Oq1rf5WNyWvmnWRpmT5tpF2j/H8XVnHY2ZtHOdOsEEWZTTRqoH76czSkJhk9U1vwG1wvLArk3hvBFmOZlCezTUvI20EnQpRS5KwgeSINKjh"
    "JQgIhnEUD5s93IO5Uhsq1qDNPyHOI4hYM3vf2lcyVcPTtvTrbT6j7cwirCI=",
    "protocol": 4,
    "pv": "2.0",
    "t": 1588918073600,
    "sign": "f56b5c3644914127192cd3bcb8707a35",
}
C_VECTOR = {
    "data": "AAECAwQFBgcICQoLAeySMfZIKX4Bm3Lw5eCgtB/1TP3zuA3CYrbBS2s+4TsSzzFUi/Z1yW43KMkBA65fNAlXF8uX5DsC0zmo6sXlN+K5NScDRUkL"
    "AF+WdAuLc4Jpkd5ArXz/HC3pDMG2uAfH14tpm1+Y+kF8IyHIFkYfQIpEfiIeCtYK72vdJxlna2TT1WyNqRiiwzNXVF0=",
    "encryptVersion": "v2",
    "protocol": 4,
    "pv": "2.0",
    "t": 1588918073601,
    "sign": "14d59f35f2f4275c82b1695c3f06012f",
}


def test_official_password_and_key() -> None:
    assert password(ACCESS_ID, SECRET) == "ad0139f768d194a4"
    assert payload_key(SECRET) == b"yesttesttesttest"


@pytest.mark.parametrize("secret", ["", "23 characters are no key", "ä" * 32])
def test_secret_without_a_key(secret: str) -> None:
    with pytest.raises(BadSecret, match="at least 24 ASCII"):
        payload_key(secret[:23] if secret.isascii() else secret)


@pytest.mark.parametrize(
    ("vector", "body", "form", "nonce"),
    [
        (A_VECTOR, A_BODY, "seed", None),
        (B_VECTOR, B_BODY, "common", None),
        (C_VECTOR, B_BODY, "gcm", bytes(range(12))),
    ],
    ids=["A", "B", "C"],
)
def test_vectors(vector: dict[str, Any], body: dict[str, Any], form: Form, nonce: bytes | None) -> None:
    sealed = seal(body, SECRET, form=form, protocol=4, t=vector["t"], nonce=nonce)
    assert json.loads(sealed.text) == vector
    assert sealed.encryption == ("aes_gcm" if form == "gcm" else "aes_ecb")
    assert sign(vector, SECRET) == vector["sign"]


def test_empty_values_are_not_signed() -> None:
    assert sign({"t": 1, "data": "x", "empty": "", "none": None}, SECRET) == sign({"data": "x", "t": 1}, SECRET)


def opened(text: str) -> tuple[dict[str, Any], bytes]:
    """Return an envelope and its ciphertext."""
    envelope = json.loads(text)
    content = envelope.get("data") or envelope["encryptPayload"]
    try:
        return envelope, bytes.fromhex(content)
    except ValueError:
        return envelope, b64decode(content, validate=True)


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: Form) -> None:
    body = {"bizCode": "device", "data": {"name": "Küche", "value": [1, None]}}
    sealed = seal(body, SECRET, form=form, protocol=20, t=1588918073598)
    envelope, cipher = opened(sealed.text)
    assert signature_is_right(envelope, SECRET)
    assert json.loads(decrypted(cipher, SECRET, sealed.encryption)) == body
    assert sealed.encryption == ("aes_gcm" if "gcm" in form else "aes_ecb")
    seed = form.startswith("seed")
    assert ("encryptPayload" in envelope) is seed
    assert ("protocol" in envelope) is not seed
    if seed:
        assert (envelope["encryptType"], envelope["v"]) == (sealed.encryption, "1.0")
        assert (envelope["encryptPayload"] == cipher.hex().upper()) is (form == "seed_hex")
    else:
        assert (envelope["protocol"], envelope["pv"]) == (20, "2.0")
        assert envelope.get("encryptVersion") == ("v2" if form == "gcm" else None)
    assert "devId" not in repr(sealed) and "data" not in repr(sealed)


def test_every_nonce_is_another() -> None:
    ciphers = {opened(seal(B_BODY, SECRET, form="gcm", t=1).text)[1][:12] for _ in range(20)}
    assert len(ciphers) == 20


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage(form: Form, damage: Damage) -> None:
    """Each damage is to be seen where it is, and nothing else is wrong."""
    sealed = seal(B_BODY, SECRET, form=form, t=1588918073600, damage=damage)
    if damage == "not_json":
        with pytest.raises(ValueError, match="Expecting|delimiter"):
            json.loads(sealed.text)
        return
    whole = json.loads(sealed.text)
    if damage == "not_object":
        assert isinstance(whole, list)
        return
    assert ("sign" in whole) is (damage != "no_signature")
    assert damage == "no_signature" or signature_is_right(whole, SECRET) is (damage != "wrong_signature")
    if damage == "no_content":
        assert not {"data", "encryptPayload"} & set(whole)
        return
    if damage == "not_base64":
        with pytest.raises(ValueError, match="base64"):
            opened(sealed.text)
        return
    _, cipher = opened(sealed.text)
    mode = "aes_gcm" if "gcm" in form else "aes_ecb"
    assert (sealed.encryption == mode) is (damage != "wrong_mode")
    if damage in ("wrong_key", "truncated"):
        with pytest.raises((InvalidTag, ValueError, AssertionError)):
            json.loads(decrypted(cipher, SECRET, mode))
        return
    plain = decrypted(cipher, SECRET, mode)
    if damage == "plain_not_json":
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(plain)
    elif damage == "plain_not_object":
        assert isinstance(json.loads(plain), list)
    else:
        assert json.loads(plain) == B_BODY


def test_hex_looks_as_in_the_seeds_sample() -> None:
    envelope = json.loads(seal(A_BODY, SECRET, form="seed_hex", t=1).text)
    text = envelope["encryptPayload"]
    assert len(text) % 32 == 0 and text == text.upper()
    assert b64encode(bytes.fromhex(text)).decode() == A_VECTOR["encryptPayload"]
