"""What the pages show: the vectors and the seed's sample messages, typed by hand from them (A4, A5; seed 004)."""

import base64
import hashlib
import json
import os
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

ACCESS_ID: Final = "accessIdtesttesttest"
ACCESS_SECRET: Final = "accessKeyesttesttesttesttesttest"
PASSWORD: Final = "ad0139f768d194a4"
KEY: Final = b"yesttesttesttest"

type Form = Literal["common", "gcm", "seed", "seed_hex"]

A_SEED_FORM: Final = {
    "encryptType": "aes_ecb",
    "v": "1.0",
    "t": 1588918073598,
    "encryptPayload": (
        "yp/pdVgRGLx3OkOdFRn7vdDk7Wc61GK88OC1EqTdo30vj7M1CLyRCUtvHyZ55xCBGRM672pglLtzTT2ueqfpFB1oNhA4eYcGANx6oxGQyLw0gCW10WcgYpLf7jwhPIiO"
        "OH2ZPoWo5QxAFvvJczqKuZ961x2cy4xsBq9+0Y4yviwO4l1nSeHyGJunCB/y+GHWfhmOqJ3rCVa97bgjTY2s/w=="
    ),
    "sign": "c2bd784caf3a012ecc77219ecf75ca69",
}
B_COMMON_ECB: Final = {
    "data": (
        "GIQc+Oq1rf5WNyWvmnWRpmT5tpF2j/H8XVnHY2ZtHOdOsEEWZTTRqoH76czSkJhk9U1vwG1wvLArk3hvBFmOZlCezTUvI20EnQpRS5KwgeSINKjhJQgIhnEUD5s93IO5"
        "Uhsq1qDNPyHOI4hYM3vf2lcyVcPTtvTrbT6j7cwirCI="
    ),
    "protocol": 4,
    "pv": "2.0",
    "t": 1588918073600,
    "sign": "f56b5c3644914127192cd3bcb8707a35",
}
C_COMMON_GCM: Final = {
    "data": (
        "AAECAwQFBgcICQoLAeySMfZIKX4Bm3Lw5eCgtB/1TP3zuA3CYrbBS2s+4TsSzzFUi/Z1yW43KMkBA65fNAlXF8uX5DsC0zmo6sXlN+K5NScDRUkLAF+WdAuLc4Jpkd5A"
        "rXz/HC3pDMG2uAfH14tpm1+Y+kF8IyHIFkYfQIpEfiIeCtYK72vdJxlna2TT1WyNqRiiwzNXVF0="
    ),
    "encryptVersion": "v2",
    "protocol": 4,
    "pv": "2.0",
    "t": 1588918073601,
    "sign": "14d59f35f2f4275c82b1695c3f06012f",
}
PLAIN_A: Final = {
    "bizCode": "device",
    "eventType": "dp_report",
    "data": {
        "devId": "dev0001",
        "dataId": "d1",
        "status": [{"code": "switch_1", "value": "true", "time": 1589767589137}],
    },
}
PLAIN_B_AND_C: Final = {
    "dataId": "d2",
    "devId": "dev0001",
    "productKey": "pk",
    "status": [{"1": "true", "code": "switch_1", "t": 1589767589137, "value": True}],
}

SEED_BIND: Final = """{
   "data":{
     "devId":"02200434dc4f221axxxx",
     "deviceName":"****socket****(wifi)_0",
     "gwId":"",
     "location":{
       "child":{"id":"1256152666585710592", "name":"****room where the test is carried out****"},
       "id":"1256148753241358336",
       "name":""
     },
     "namespace":"BgdBXzUhIg5x77770LL1OfpDxxxxx",
     "ownerId":"139960xx",
     "position":"****study room****",
     "productId":"qCY4YFq02AP0i1xx",
     "sub":false,
     "uid":"bay1588324079695kFxx",
     "uuid":"02200434dc4f221a6xxx"
   },
   "bizCode":"device",
   "eventType":"bind"
 }"""
SEED_UNBIND: Final = """{
   "data":{"devId":"02200434dc4f221xxxxx", "namespace":"****Your****namespace"},
   "bizCode":"device",
   "eventType":"unbind"

}"""
SEED_RESET: Final = SEED_UNBIND.replace("unbind", "reset")
SEED_ONLINE: Final = """{
   "data":{"devId":"02200434dc4f221axxxx", "namespace":"****Your****namespace", "time":1589019224062},
   "bizCode":"device",
   "eventType":"online"
}"""
SEED_OFFLINE: Final = """{
   "data":{"devId":"02200434dc4f221a6120", "namespace":"****Your****namespace", "time":1589019224062},
   "bizCode":"device",
   "eventType":"offline"
}"""
SEED_REPORT: Final = """{
  "data":{
  "devId": "002dj00118fe34xxxxx",
  "productId": "The product ID defined on the Tuya Developer Platform",
  "dataId": "145xxxxxxxxxxxxxxxxxxx",
  "namespace":"Your namespace",
  "status": [
    {
      "code": "switch_1",
      "value": "true",
      "time": 1589767589137
    }
  ]
},
  "bizCode":"device",
  "eventType":"dp_report"
}"""
SEED_RENAME: Final = """{
   "data":{
     "devId":"02200434dc4f221axxxx",
     "deviceName":"****socket****",
     "namespace":"****Your****namespace"
   },
   "bizCode":"device",
   "eventType":"name_update"
}"""
SEED_VOICE: Final = r"""{
  "data":{
  "devId":"6cd40b4ed084ac264bmcvu",
  "namespace":"BgdBXzUhIg5x77770LL1OfpDwXj6b",
  "nlu":"[{\"entities\":[{\"value\":\"TV\",\"entity\":\"deviceName\"}], \"domain\":\"mediaControl\",\"confidence\":1,\"text\":\"Pause the TV\",\"intent\":\"pause\"}]",
  "productId":"fabzep46",
  "uid":"bay1588324079695kF7G",
  "uuid":"f572ecc09e19d8c1"
},
  "bizCode":"voice",
  "eventType":"voice_nlu"
}"""


def encrypt(plain: bytes, form: Form, key: bytes = KEY) -> str:
    """Return ciphertext as an envelope of this form holds it."""
    if form == "gcm":
        nonce = os.urandom(12)
        return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None)).decode()
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    sealed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return sealed.hex().upper() if form == "seed_hex" else base64.b64encode(sealed).decode()


def sign(envelope: dict[str, Any], secret: str = ACCESS_SECRET) -> str:
    """Return the signature of an envelope by the seed's rule."""
    parts = [f"{key}={envelope[key]}" for key in sorted(envelope) if key != "sign" and envelope[key] != ""]
    return hashlib.md5("||".join([*parts, secret]).encode()).hexdigest()


def make_envelope(
    body: Any, *, form: Form = "common", protocol: int = 4, t: int = 1790000000000, key: bytes = KEY
) -> dict[str, Any]:
    """Return a signed envelope around a body, which is an object or the text itself."""
    plain = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    sealed = encrypt(plain, form, key)
    envelope: dict[str, Any]
    if form in ("seed", "seed_hex"):
        envelope = {"encryptType": "aes_ecb", "v": "1.0", "t": t, "encryptPayload": sealed}
    else:
        envelope = {"data": sealed, "protocol": protocol, "pv": "2.0", "t": t}
        if form == "gcm":
            envelope["encryptVersion"] = "v2"
    return {**envelope, "sign": sign(envelope)}


def payload_of(envelope: Any) -> str:
    """Return an envelope as the payload of a frame."""
    return base64.b64encode(json.dumps(envelope).encode()).decode()
