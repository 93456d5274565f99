"""The cloud's storage of the pictures of events (protocols page, section 9)."""

from typing import Final

import aiohttp
from yarl import URL

from .api import TuyaCloudApi
from .errors import CannotReachCloud, CloudError
from .event_picture import EventPicture, PictureUnreadable, decrypt_picture, inline_picture
from .loose import as_mapping, as_text

_MOST_BYTES: Final = 16 * 1024 * 1024
_DOWNLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, connect=10)


async def fetch_event_file(
    api: TuyaCloudApi, session: aiohttp.ClientSession, device_id: str, bucket: str, path: str, key: str
) -> bytes:
    """Fetch the picture of an event from the cloud's storage and decrypt it.

    Returns:
        A JPEG.

    Raises:
        PictureUnreadable: the file is no picture, or the key is not its.
        CloudError: it could not be fetched.
    """
    result = await api.call(
        "GET",
        f"/v1.0/devices/{device_id}/movement-configs",
        query={"bucket": bucket, "file_path": path},
        name="movement-configs",
    )
    url = as_text(result) or as_text(as_mapping(result).get("url"))
    if not url.startswith(("https://", "http://")):
        raise CannotReachCloud("The answer to the request for a picture holds no address")
    return decrypt_picture(await _download(session, url), key)


async def fetch_event_picture(
    api: TuyaCloudApi,
    session: aiohttp.ClientSession,
    device_id: str,
    picture: EventPicture,
    *,
    local_key: str = "",
) -> bytes:
    """Return the JPEG of an event, wherever it is; raises CloudError, and PictureUnreadable where it has none."""
    if (inline := inline_picture(picture, local_key)) is not None:
        return inline
    error: CloudError = PictureUnreadable("The event holds no picture that can be read")
    for file in picture.files:
        try:
            if file.url:
                return decrypt_picture(await _download(session, file.url), file.key)
            if file.path:
                return await fetch_event_file(api, session, device_id, picture.bucket, file.path, file.key)
        except PictureUnreadable as err:
            # It may be the video beside the picture
            error = err
    raise error


async def _download(session: aiohttp.ClientSession, url: str) -> bytes:
    """Fetch a file of the cloud's storage; its address is signed, so no error names it."""
    try:
        # It is signed as it is: nothing in it may be quoted anew
        async with session.get(URL(url, encoded=True), timeout=_DOWNLOAD_TIMEOUT) as response:
            if response.status != 200:
                raise CannotReachCloud(f"The picture's storage answers with HTTP status {response.status}")
            content = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise PictureUnreadable("The picture of an event is too large to be one")
            return bytes(content)
    except TimeoutError as err:
        raise CannotReachCloud("The picture's storage does not answer in time") from err
    except (aiohttp.ClientError, ValueError) as err:
        raise CannotReachCloud(f"The picture's storage is not reachable: {type(err).__name__}") from None
