"""Recordings in the cloud: plans, days, timelines, events, thumbnails, URLs, picture streams."""

from datetime import date
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video import cloud_storage
from custom_components.iot_gateway.clients.tencent_video.api import TencentApi
from custom_components.iot_gateway.clients.tencent_video.cloud_storage import (
    PlanType,
    StorageEvent,
    StoragePlan,
    StoredCamera,
    Timeline,
    TimeSpan,
    UploadStatus,
    china_date,
    china_day,
    playback_url,
)
from custom_components.iot_gateway.clients.tencent_video.errors import UnknownTencentError

from .fake_cloud import DEVICE, PRODUCT, FakeCloud

CAMERA = StoredCamera(product_id=PRODUCT, device_name=DEVICE)
CHANNEL = StoredCamera(product_id=PRODUCT, device_name=DEVICE, channel=0, user_id="u")
HERE = {"ProductId": PRODUCT, "DeviceName": DEVICE}
VIDEO = "https://vod.example/timeshift/live/uuid/timeshift.m3u8"


@pytest.mark.parametrize(
    ("reply", "plan"),
    [
        (
            {"Status": 1, "Type": 1, "ExpireTime": 1800000000, "ShiftDuration": 604800},
            StoragePlan(active=True, type=PlanType.FULL_TIME, expires=1800000000, kept=604800),
        ),
        ({"Status": "1", "Type": "2"}, StoragePlan(active=True, type=PlanType.EVENT)),
        ({"Status": 0, "Type": 9, "ExpireTime": 0}, StoragePlan(active=False)),
        ({}, StoragePlan(active=False)),
    ],
)
async def test_plan(cloud: FakeCloud, api: TencentApi, reply: Any, plan: StoragePlan) -> None:
    cloud.replies["DescribeCloudStorage"] = reply
    assert await cloud_storage.get_plan(api, CHANNEL) == plan
    assert cloud.params == {**HERE, "ChannelId": 0, "UserId": "u"}


async def test_days(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeCloudStorageDate"] = [{"Data": ["2026-11-20", "2021-01-14", "odd", None]}, {"Data": None}]
    assert await cloud_storage.list_days(api, CAMERA) == [date(2021, 1, 14), date(2026, 11, 20)]
    assert cloud.params == HERE
    assert await cloud_storage.list_days(api, CAMERA) == []


def test_days_of_china() -> None:
    begin, end = china_day(date(2021, 1, 14))
    # 2021-01-13 16:00:00 UTC
    assert (begin, end) == (1610553600, 1610639999)
    assert china_date(begin) == china_date(end) == date(2021, 1, 14)
    assert china_date(begin - 1) == date(2021, 1, 13)
    assert china_date(end + 1) == date(2021, 1, 15)


async def test_timeline(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeCloudStorageTime"] = {
        "Data": {
            "VideoURL": VIDEO,
            "TimeList": [
                {"StartTime": 1610560000, "EndTime": 1610560060},
                {"StartTime": "1610553600", "EndTime": "1610553660"},
                {"StartTime": 1610553600, "EndTime": 1610553660},
                {"StartTime": 5, "EndTime": 5},
                {"StartTime": 5},
            ],
        }
    }
    timeline = await cloud_storage.get_timeline(api, CAMERA, date(2021, 1, 14), start=1, end=2)
    assert timeline == Timeline(
        video_url=VIDEO,
        spans=(TimeSpan(start=1610553600, end=1610553660), TimeSpan(start=1610560000, end=1610560060)),
    )
    assert cloud.params == {**HERE, "Date": "2021-01-14", "StartTime": 1, "EndTime": 2}
    assert VIDEO not in repr(timeline)


async def test_no_timeline(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeCloudStorageTime"] = {"Data": None}
    assert await cloud_storage.get_timeline(api, CAMERA, date(2021, 1, 14)) == Timeline()


async def test_events(cloud: FakeCloud, api: TencentApi) -> None:
    entry = {
        "StartTime": 1610553600,
        "EndTime": 1610553610,
        "Thumbnail": "a.jpg",
        "EventId": "move",
        "UploadStatus": "Finished",
        "Data": '{"zone":1}',
    }
    cloud.replies["DescribeCloudStorageEvents"] = [
        {"Events": [entry] * 5, "Context": "c", "Listover": False, "Total": 99, "VideoURL": VIDEO},
        {
            "Events": [
                entry | {"EndTime": 0, "UploadStatus": "partial", "Data": ""},
                entry | {"UploadStatus": "odd"},
                {},
            ],
            "Context": "d",
            "Listover": True,
            "VideoURL": "other",
        },
    ]
    found = await cloud_storage.list_events(api, CAMERA, 1610553600, 1610640000)
    full = StorageEvent(
        event_id="move",
        start=1610553600,
        end=1610553610,
        thumbnail="a.jpg",
        upload=UploadStatus.FINISHED,
        data={"zone": 1},
    )
    assert found.events[:5] == (full,) * 5
    assert found.events[5] == StorageEvent(
        event_id="move", start=1610553600, thumbnail="a.jpg", upload=UploadStatus.PARTIAL
    )
    assert found.events[6].upload is UploadStatus.UNKNOWN
    assert len(found.events) == 7
    assert found.video_url == VIDEO
    assert cloud.params == {**HERE, "StartTime": 1610553600, "EndTime": 1610640000, "Size": 100, "Context": "c"}


async def test_thumbnails(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies |= {
        "DescribeCloudStorageThumbnail": [{"ThumbnailURL": "https://t.example/a?sign=s", "ExpireTime": 5}, {}],
        "DescribeCloudStorageThumbnailList": {
            "ThumbnailURLInfoList": [{"ThumbnailURL": "https://t.example/a?sign=s", "ExpireTime": 5}, {}]
        },
    }
    found = await cloud_storage.get_thumbnail(api, CHANNEL, "a.jpg")
    assert (found.url, found.expires) == ("https://t.example/a?sign=s", 5)
    assert "sign" not in repr(found)
    assert cloud.params == {**HERE, "Thumbnail": "a.jpg"}
    with pytest.raises(UnknownTencentError):
        await cloud_storage.get_thumbnail(api, CAMERA, "b.jpg")
    assert await cloud_storage.get_thumbnails(api, CAMERA, ["a", "b", "c"]) == [found, None, None]
    assert cloud.params == {**HERE, "ThumbnailList": ["a", "b", "c"]}
    before = len(cloud.requests)
    assert await cloud_storage.get_thumbnails(api, CAMERA, []) == []
    assert len(cloud.requests) == before


def test_playback_url() -> None:
    assert playback_url(VIDEO, 1, 2) == f"{VIDEO}?starttime_epoch=1&endtime_epoch=2"
    assert playback_url(f"{VIDEO}?a=b", 1, 2) == f"{VIDEO}?a=b&starttime_epoch=1&endtime_epoch=2"


@pytest.mark.parametrize(
    ("sent", "url"),
    [
        (f"{VIDEO}?sign=a%2Bb", f"{VIDEO}?sign=a%2Bb"),
        ("https%3A%2F%2Fvod.example%2Fx.m3u8%3Fsign%3Da%252Bb", "https://vod.example/x.m3u8?sign=a%2Bb"),
    ],
    ids=["plain", "encoded"],
)
async def test_signed_url(cloud: FakeCloud, api: TencentApi, sent: str, url: str) -> None:
    """It is decoded only where it came encoded as a whole: a signature may have an encoded plus in it."""
    cloud.replies["GenerateSignedVideoURL"] = {"SignedVideoURL": sent}
    found = await cloud_storage.sign_url(api, VIDEO, 1610560000, channel=2)
    assert (found.url, found.expires) == (url, 1610560000)
    assert "vod" not in repr(found)
    assert cloud.params == {"VideoURL": VIDEO, "ExpireTime": 1610560000, "ChannelId": 2}


async def test_url_that_is_not_signed(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["GenerateSignedVideoURL"] = {}
    with pytest.raises(UnknownTencentError):
        await cloud_storage.sign_url(api, VIDEO, 1610560000)


async def test_picture_stream(cloud: FakeCloud, api: TencentApi) -> None:
    cloud.replies["DescribeCloudStorageStreamData"] = [
        {"VideoStream": "https://v.example/a.mjpg", "AudioStream": "https://v.example/a.aac"},
        {"VideoStream": "https://v.example/a.mjpg"},
        {},
    ]
    found = await cloud_storage.get_picture_stream(api, CAMERA, 1610553600)
    assert (found.video_url, found.audio_url) == ("https://v.example/a.mjpg", "https://v.example/a.aac")
    assert "v.example" not in repr(found)
    assert cloud.params == {**HERE, "StartTime": 1610553600}
    assert (await cloud_storage.get_picture_stream(api, CAMERA, 1610553600)).audio_url == ""
    with pytest.raises(UnknownTencentError):
        await cloud_storage.get_picture_stream(api, CAMERA, 1610553600)
