"""Cloud storage: the calls about it, and the files that they lead to (tencent_iot_video.md, section 1.5).

Video is there as HLS: a playlist that takes `starttime_epoch` and `endtime_epoch`, with real segments of fragmented MP4 or
MPEG-TS. Nothing of it is given without a signature that is good: 403. A segment's signature ends with its playlist's.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import math
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from . import clips
from .account import Account
from .devices import Device
from .errors import INVALID_VALUE, NOT_FOUND, UNSUPPORTED, CloudError
from .histories import Histories
from .pages import by_context
from .storage import CloudStorage, span_of
from .urls import Signer

type Params = Mapping[str, Any]
type Answer = dict[str, Any]

PLAYLIST = "/timeshift/live/{uuid}/timeshift.m3u8"
INIT = "/timeshift/live/{uuid}/init.mp4"
SEGMENT = "/timeshift/live/{uuid}/{number:\\d+}.{kind:m4s|ts}"
THUMBNAIL = "/thumbnail/{uuid}/{name}"
PICTURE_STREAM = "/pictures/{uuid}/{start:\\d+}.{kind:mjpg|aac}"

FILE_TTL = 3600
"""Seconds that the addresses of thumbnails and streams of pictures are good; our choice."""
_MOST_THUMBNAILS = 100
_HLS = "application/vnd.apple.mpegurl"


class Recordings:
    """Answers those calls for an account; `endpoint` tells where the files are."""

    def __init__(self, account: Account, endpoint: Callable[[], str]) -> None:
        """Answer for it."""
        self._account = account
        self._endpoint = endpoint
        self._signer = Signer()
        self._histories = Histories(account)
        self.file_ttl = FILE_TTL

    # Calls

    async def plan(self, params: Params) -> Answer:
        """DescribeCloudStorage."""
        storage = self._storage(params)
        return {
            "Status": int(storage.active(self._account.now())),
            "Type": storage.plan,
            "ExpireTime": storage.expires,
            "ShiftDuration": storage.shift_duration,
            "UserId": storage.user_id,
        }

    async def dates(self, params: Params) -> Answer:
        """DescribeCloudStorageDate."""
        return {"Data": self._storage(params).dates()}

    async def timeline(self, params: Params) -> Answer:
        """DescribeCloudStorageTime: of a day, or of a part of it."""
        storage = self._storage(params)
        try:
            start, end = span_of(params["Date"])
        except ValueError as err:
            raise CloudError(INVALID_VALUE, "Date is a day such as 2021-01-14.") from err
        start, end = max(start, params.get("StartTime") or start), min(end, params.get("EndTime") or end)
        pieces = [{"StartTime": first, "EndTime": last} for first, last in storage.between(start, end)]
        return {"Data": {"VideoURL": self._video_url(storage), "TimeList": pieces}}

    async def events(self, params: Params) -> Answer:
        """DescribeCloudStorageEvents: the latest first, 5 to Size of them; Total isn't the number of events."""
        storage = self._storage(params)
        start, end = self._histories.seconds(params)
        wanted = params.get("EventId") or ""
        found = [
            event for event in reversed(storage.events) if start <= event.start <= end and wanted in ("", event.id)
        ]
        size = params.get("Size") or 10
        page = by_context(found, params.get("Context") or "", size, 100, self._account.faults.page_size)
        return {
            "Events": [
                {
                    "StartTime": event.start,
                    "EndTime": event.end,
                    "Thumbnail": event.thumbnail,
                    "EventId": event.id,
                    "UploadStatus": event.status,
                    "Data": event.data,
                }
                for event in page.items
            ],
            "Context": page.context,
            "Listover": page.over,
            "Total": len(page.items) + 1,
            "VideoURL": "" if storage.pictures else self._video_url(storage),
        }

    async def thumbnail(self, params: Params) -> Answer:
        """DescribeCloudStorageThumbnail."""
        return self._thumbnail(self._account.called(params), params["Thumbnail"])

    async def thumbnails(self, params: Params) -> Answer:
        """DescribeCloudStorageThumbnailList, and ...MultiThumbnail with the names as one text."""
        device = self._account.called(params)
        names: list[str] = params["ThumbnailList"] if "ThumbnailList" in params else params["MultiThumbnail"].split("|")
        if not 0 < len(names) <= _MOST_THUMBNAILS:
            raise CloudError(INVALID_VALUE, f"From 1 to {_MOST_THUMBNAILS} thumbnails may be asked for.")
        return {"ThumbnailURLInfoList": [self._thumbnail(device, name) for name in names]}

    async def sign(self, params: Params) -> Answer:
        """GenerateSignedVideoURL: for an address of this cloud only, and for one channel of an NVR."""
        url, expires = params["VideoURL"], params["ExpireTime"]
        parts = urlsplit(url)
        words = parts.path.split("/")
        found = (
            self._find(words[3]) if f"{parts.scheme}://{parts.netloc}" == self._endpoint() and len(words) == 5 else None
        )
        if found is None or words[4] != "timeshift.m3u8":
            raise CloudError(INVALID_VALUE, "VideoURL isn't an address of this service.")
        if found[1] != params.get("ChannelId"):
            raise CloudError(INVALID_VALUE, "ChannelId isn't that of the VideoURL.")
        if expires <= self._account.now():
            raise CloudError(INVALID_VALUE, "ExpireTime is over.")
        signed = self._signer.signed(url, expires)
        return {"SignedVideoURL": quote(signed, safe="") if self._account.faults.encoded_urls else signed}

    async def streams(self, params: Params) -> Answer:
        """DescribeCloudStorageStreamData: for the event that begins at StartTime."""
        device = self._account.called(params)
        storage = device.storage.get(None)
        if storage is None or not storage.pictures:
            raise CloudError(UNSUPPORTED, "The device stores no streams of pictures.")
        event = next((one for one in storage.events if one.start == params["StartTime"]), None)
        if event is None or event.status == "Failed":
            raise CloudError(NOT_FOUND, "There is no such event.")
        base = f"/pictures/{storage.uuid}/{event.start}"
        return {"VideoStream": self._file_url(f"{base}.mjpg"), "AudioStream": self._file_url(f"{base}.aac")}

    # Files

    def serve(self, kind: str, request: web.Request) -> web.StreamResponse:
        """Answer for a file; `kind` is one of faults.FILES."""
        now = self._account.now()
        if not self._signer.good(request.path, request.query, now):
            return web.Response(status=403, text="403 Forbidden")
        found = self._find(request.match_info["uuid"])
        if found is None:
            return web.Response(status=404, text="404 Not Found")
        device, _, storage = found
        title = storage.title or device.name
        match kind:
            case "playlist":
                return self._serve_playlist(storage, request)
            case "segment":
                return _serve_segment(storage, title, request)
            case "thumbnail":
                number = next(
                    (at for at, event in enumerate(storage.events) if event.thumbnail == request.match_info["name"]), 0
                )
                return web.Response(body=clips.thumbnail(title, number), content_type="image/jpeg")
            case _:
                if request.match_info["kind"] == "aac":
                    return web.Response(body=clips.sound_stream(), content_type="audio/aac")
                return web.Response(body=clips.picture_stream(title), content_type="video/x-motion-jpeg")

    def _serve_playlist(self, storage: CloudStorage, request: web.Request) -> web.Response:
        start, end = request.query.get("starttime_epoch", ""), request.query.get("endtime_epoch", "")
        if not (start.isdecimal() and end.isdecimal()):
            return web.Response(status=400, text="400 Bad Request")
        pieces = storage.between(int(start), int(end))
        if not pieces:
            return web.Response(status=404, text="404 Not Found")
        return web.Response(
            text=self._playlist(storage, pieces, int(request.query["t"], 16)),
            content_type=_HLS,
        )

    def _playlist(self, storage: CloudStorage, pieces: list[tuple[int, int]], expires: int) -> str:
        base = f"/timeshift/live/{storage.uuid}/"

        def uri(name: str) -> str:
            return f"{name}?{self._signer.query(base + name, expires)}"

        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(clips.SEGMENT_SECONDS)}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
        ]
        if storage.container == "fmp4":
            lines.append(f'#EXT-X-MAP:URI="{uri("init.mp4")}"')
        number = 0
        for at, (start, end) in enumerate(pieces):
            if at:
                lines.append("#EXT-X-DISCONTINUITY")
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%S.000Z}")
            for _ in range(math.ceil((end - start) / clips.SEGMENT_SECONDS)):
                name = f"{number}.{'m4s' if storage.container == 'fmp4' else 'ts'}"
                lines += [f"#EXTINF:{clips.SEGMENT_SECONDS:.3f},", uri(name)]
                number += 1
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    # Looking up

    def _storage(self, params: Params) -> CloudStorage:
        device = self._account.called(params)
        channel = params.get("ChannelId")
        if device.channels and channel is None:
            raise CloudError(INVALID_VALUE, "An NVR needs a ChannelId.")
        storage = device.storage.get(channel)
        if storage is None and (channel is not None or device.channels):
            raise CloudError(INVALID_VALUE, "The device has no such channel.")
        # One that never had a plan
        return storage or CloudStorage(plan=0, shift_duration=0)

    def _find(self, uuid: str) -> tuple[Device, int | None, CloudStorage] | None:
        for device in self._account.devices.values():
            for channel, storage in device.storage.items():
                if storage.uuid == uuid:
                    return device, channel, storage
        return None

    def _thumbnail(self, device: Device, name: str) -> Answer:
        for storage in device.storage.values():
            if any(event.thumbnail == name for event in storage.events):
                url = self._file_url(f"/thumbnail/{storage.uuid}/{name}")
                return {"ThumbnailURL": url, "ExpireTime": self._file_expires()}
        raise CloudError(NOT_FOUND, "There is no such thumbnail.")

    def _video_url(self, storage: CloudStorage) -> str:
        return f"{self._endpoint()}{PLAYLIST.format(uuid=storage.uuid)}"

    def _file_url(self, path: str) -> str:
        return self._signer.signed(f"{self._endpoint()}{path}", self._file_expires())

    def _file_expires(self) -> int:
        return int(self._account.now()) + self.file_ttl


def _serve_segment(storage: CloudStorage, title: str, request: web.Request) -> web.Response:
    if "number" not in request.match_info:
        return web.Response(body=clips.fragmented(title, storage.codec)[0], content_type="video/mp4")
    body = clips.segment(title, storage.codec, storage.container, int(request.match_info["number"]))
    kind = "video/mp4" if storage.container == "fmp4" else "video/mp2t"
    return web.Response(body=body, content_type=kind)
