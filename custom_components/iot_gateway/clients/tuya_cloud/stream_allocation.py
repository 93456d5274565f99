"""Streams by way of the cloud (protocols page, section 8)."""

from .api import TuyaCloudApi
from .device_paths import call_device
from .errors import CannotReachCloud
from .loose import as_mapping, as_text


async def allocate_stream(api: TuyaCloudApi, uid: str, device_id: str, kind: str) -> str:
    """Have the cloud relay a camera's stream and return its address; raises CloudError.

    Args:
        api: of the project.
        uid: the app user that the camera belongs to; may be empty.
        device_id: of the camera, which this wakes.
        kind: `rtsp`, `hls`, `flv` or `rtmp`. An RTSP address must be opened within 30 s, once, and ends after some
            minutes (section 8).
    """
    result = await call_device(
        api, "POST", uid, device_id, "stream/actions/allocate", name="stream-allocate", body={"type": kind}
    )
    url = as_text(as_mapping(result).get("url"))
    if not url:
        raise CannotReachCloud("The answer to the request for a stream holds no address")
    return url
