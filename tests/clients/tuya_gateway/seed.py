"""The JSON examples of seed 001, verbatim: three of them are no JSON (trailing commas, a missing quotation mark)."""

from typing import Final

AUTH_REQUIRED: Final = """{
"type": "auth_required",
"data": {
"nonce": "VOHiQDnXJatfv4fBPyHvEw=="
}
}"""

AUTH: Final = """{
"type": "auth",
"data": {
"nonce": "RIf328KU8EHKP1tH3XAtTw==",
"hmac": "uZ3DiPiw3wFbb2w1lFZ/ZtzgzLuzK72xM95SGVIze3M="
}
}"""

AUTH_OK: Final = """{
"type": "auth_ok",
"data": {
"hmac": "+nThfHD+Ku/lWNMJJsoA+9ayrEgl/nlNtcokrFYTOQ8=",
}
}"""

GET_DEVICES: Final = """{
"id": 1,
"type": "get_devices",
}"""

GET_DEVICES_RESULT: Final = """{
"id": 1,
"type: "result",
"success": true,
"result": [
"000d6ffffe67e2ca",
"a4c1380bb1d2f0d5",
"a4c1385acafc01b5",
"a4c138e72a0fb5a9",
"a4c138807e3b1182"
]
}"""

GET_SCHEMA: Final = """{
"id": 2,
"type": "get_schema",
"data": [
"000d6ffffe67e2ca"
]
}"""

GET_SCHEMA_RESULT: Final = r"""{
"id": 2,
"type": "result",
"success": true,
"result": [
{
"devid":"000d6ffffe67e2ca",
"category": "kg",
"function":[
{
"code":"switch_1",
"type":"Boolean",
"values":"{}"
},
{
"code":"countdown_1",
"type":"Integer",
"values":"{\"unit\":\"s\",\"min\":0,\"max\":43200,\"scale\":0,\"step\":1}"
}
],
"status":[
{
"code":"switch_1",
"type":"Boolean",
"values":"{}"
},
{
"code":"countdown_1",
"type":"Integer",
"values":"{\"unit\":\"s\",\"min\":0,\"max\":43200,\"scale\":0,\"step\":1}"
}
]
}
]
}"""

GET_STATUS: Final = """{
"id": 3,
"type": "get_status",
"data": [
"000d6ffffe67e2ca"
]
}"""

GET_STATUS_RESULT: Final = """{
"id": 3,
"type": "result",
"success": true,
"result": [
{
"devid": "000d6ffffe67e2ca",
"online": true,
"value": [
{
"k": "switch_1",
"v": true
}
]
}
]
}"""

SET_VALUE: Final = """{
"id": 4,
"type": "set_value",
"data": [
{
"devid": "000d6ffffe67e2ca",
"value": [
{
"k": "switch_1",
"v": true
}
]
}
]
}"""

SET_VALUE_RESULT: Final = """{
"id": 4,
"type": "result",
"success": true
}"""

REGISTRY_UPDATED: Final = """{
"id": 100,
"type": "event",
"event_type": "registry_updated",
"data": {
"devid": "000d6ffffe67e2ca",
"state": 1
}
}"""

ONLINE_UPDATED: Final = """{
"id": 102,
"type": "event",
"event_type": "online_updated",
"data": {
"devid": "000d6ffffe67e2ca",
"state": true
}
}"""

STATE_CHANGED: Final = """{
"id": 101,
"type": "event",
"event_type": "state_changed",
"data": {
"devid": "000d6ffffe67e2ca",
"value": [
{
"k": "switch_1",
"v": true
}
]
}
}"""

VALID: Final = (
    AUTH_REQUIRED,
    AUTH,
    GET_SCHEMA,
    GET_SCHEMA_RESULT,
    GET_STATUS,
    GET_STATUS_RESULT,
    SET_VALUE,
    SET_VALUE_RESULT,
    REGISTRY_UPDATED,
    ONLINE_UPDATED,
    STATE_CHANGED,
)
INVALID: Final = (AUTH_OK, GET_DEVICES, GET_DEVICES_RESULT)
