"""The actions of the API, version 2021-11-25, with their parameters: which there are, which are needed, of what type.

The required ones are those of tencent_iot_video.md, section 1.4 (from TCCLI), types and names those of the official SDK's
models. As documented, `Limit` of DescribeDeviceDataHistory is a list of integers.
"""

from collections.abc import Mapping
from typing import Any

from .errors import INVALID_PARAMETER, MISSING_PARAMETER, UNKNOWN_PARAMETER, CloudError

VERSION = "2021-11-25"

_DEVICE = "*ProductId:str *DeviceName:str"
_STORAGE = f"{_DEVICE} UserId:str ChannelId:int"
_PUSH = "ForwardAddress:str ForwardKey:str CKafkaRegion:str CKafkaInstance:str CKafkaTopic:str"
_FORWARD = "*ProductId:str *ForwardAddr:str DataChose:int"
_CALL = f"{_DEVICE} *ActionId:str InputParams:str"

_WRITTEN = {
    "DescribeProducts": "*Limit:int *Offset:int",
    "DescribeDevices": "*ProductId:str *Offset:int *Limit:int DeviceName:str",
    "DescribeDevice": _DEVICE,
    "DescribeDeviceData": _DEVICE,
    "DescribeDeviceDataHistory": f"*MinTime:int *MaxTime:int {_DEVICE} *FieldName:str Limit:ints Context:str",
    "ControlDeviceData": f"{_DEVICE} *Data:str Method:str DataTimestamp:int",
    "CallDeviceActionSync": _CALL,
    "CallDeviceActionAsync": _CALL,
    "PublishMessage": f"{_DEVICE} *Topic:str *Payload:str Qos:int PayloadEncoding:str",
    "DescribeModelDefinition": "*ProductId:str",
    "DescribeP2PInfo": _DEVICE,
    "WakeUpDevice": _DEVICE,
    "DescribeCloudStorage": _STORAGE,
    "DescribeCloudStorageDate": _STORAGE,
    "DescribeCloudStorageTime": f"{_STORAGE} *Date:str StartTime:int EndTime:int",
    "DescribeCloudStorageEvents": f"{_STORAGE} StartTime:int EndTime:int Context:str Size:int EventId:str",
    "DescribeCloudStorageThumbnail": f"{_DEVICE} *Thumbnail:str",
    "DescribeCloudStorageThumbnailList": f"{_DEVICE} *ThumbnailList:strs",
    "DescribeCloudStorageMultiThumbnail": f"{_DEVICE} *MultiThumbnail:str",
    "GenerateSignedVideoURL": "*VideoURL:str *ExpireTime:int ChannelId:int",
    "DescribeCloudStorageStreamData": f"{_DEVICE} *StartTime:int",
    "DescribeDeviceEventHistory": f"{_DEVICE} Type:str StartTime:int EndTime:int Context:str Size:int EventId:str",
    "DescribeDeviceActionHistory": f"{_DEVICE} *MinTime:int *MaxTime:int ActionId:str Limit:int Context:str",
    "DescribeDeviceStatusLog": f"*MinTime:int *MaxTime:int {_DEVICE} Limit:int Context:str",
    "DescribePushChannel": "*ProductId:str",
    "ModifyPushChannel": f"*ProductId:str *Type:str {_PUSH}",
    "CreateDataForward": _FORWARD,
    "DescribeDataForwardList": "*ProductIds:str",
    "ModifyDataForward": _FORWARD,
    "ModifyDataForwardStatus": "*ProductId:str *Status:int",
}


def _read(text: str) -> dict[str, tuple[str, bool]]:
    parameters = {}
    for word in text.split():
        name, kind = word.removeprefix("*").split(":")
        parameters[name] = (kind, word.startswith("*"))
    return parameters


PARAMETERS = {action: _read(text) for action, text in _WRITTEN.items()}
"""By action and name: the type, and whether it is needed."""
ACTIONS = tuple(PARAMETERS)


def check_parameters(action: str, given: Mapping[str, Any]) -> None:
    """Raise CloudError unless all that is needed is there and of its type, and nothing else is."""
    known = PARAMETERS[action]
    for name, (_, needed) in known.items():
        if needed and given.get(name) is None:
            raise CloudError(MISSING_PARAMETER, f"The request is missing a required parameter `{name}`.")
    for name, value in given.items():
        if name not in known:
            raise CloudError(UNKNOWN_PARAMETER, f"The parameter `{name}` is not recognized.")
        if value is not None and not _is(known[name][0], value):
            raise CloudError(INVALID_PARAMETER, f"The value type of parameter `{name}` is not valid.")


def _is(kind: str, value: object) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "strs":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case _:
            return isinstance(value, list) and all(_is("int", one) for one in value)
