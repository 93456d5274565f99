"""Published vectors, and what the seed's examples say of the cryptography."""

import base64
import json

import pytest

from custom_components.iot_gateway.clients.tuya_gateway.codec import Encoding, FrameCipher, FrameCodec, Framing
from custom_components.iot_gateway.clients.tuya_gateway.device_key import KeyForm
from custom_components.iot_gateway.clients.tuya_gateway.handshake import ProofVariant, make_proof, make_session_key

from . import seed

CODEC = FrameCodec(framing=Framing.BINARY, encoding=Encoding.RAW, key_form=KeyForm.ASCII)


@pytest.mark.parametrize(
    ("key", "plain", "cipher"),
    [
        # FIPS-197, appendix B and C.1
        ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32"),
        ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
        # NIST SP 800-38A, F.1.1: ECB, two of the blocks in one message
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf",
        ),
    ],
)
def test_aes_128_ecb(key: str, plain: str, cipher: str) -> None:
    frame_cipher = FrameCipher(CODEC, bytes.fromhex(key))
    assert frame_cipher.decrypt(bytes.fromhex(cipher)).hex() == plain
    # A second time: the context carries nothing over
    assert frame_cipher.decrypt(bytes.fromhex(cipher)).hex() == plain


@pytest.mark.parametrize(
    ("key", "message", "digest"),
    [
        # RFC 4231, test cases 1 to 4, 6 and 7
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            b"\xaa" * 131,
            (
                b"This is a test using a larger than block-size key and a larger than block-size data. "
                b"The key needs to be hashed before being used by the HMAC algorithm."
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ],
)
def test_hmac_sha_256(key: bytes, message: bytes, digest: str) -> None:
    assert make_proof(key, message).hex() == digest


def test_the_other_variant_signs_the_text() -> None:
    nonce = bytes(range(16))
    assert make_proof(b"Jefe", nonce, ProofVariant.BASE64_NONCE) == make_proof(b"Jefe", base64.b64encode(nonce))
    assert make_proof(b"Jefe", nonce, ProofVariant.BASE64_NONCE) != make_proof(b"Jefe", nonce)


def test_session_key_of_the_seeds_nonces() -> None:
    nonce_s = base64.b64decode(json.loads(seed.AUTH_REQUIRED)["data"]["nonce"], validate=True)
    nonce_c = base64.b64decode(json.loads(seed.AUTH)["data"]["nonce"], validate=True)
    assert len(nonce_s) == len(nonce_c) == 16
    assert make_session_key(nonce_s, nonce_c).hex() == "1066159bfb43d5ea9580dc86e251c25c"


def test_the_seeds_proofs_are_whole_digests() -> None:
    auth_ok = json.loads(seed.AUTH_OK.replace('=",\n', '="\n'))
    for message in (json.loads(seed.AUTH), auth_ok):
        assert len(base64.b64decode(message["data"]["hmac"], validate=True)) == 32


def test_which_of_the_seeds_samples_are_json() -> None:
    for sample in seed.VALID:
        json.loads(sample)
    for sample in seed.INVALID:
        with pytest.raises(ValueError):
            json.loads(sample)
