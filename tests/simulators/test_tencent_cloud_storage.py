"""Recordings of the simulated Tencent cloud: found by the API, and played by PyAV as Home Assistant's stream would."""

import asyncio
from collections.abc import AsyncIterator
import io
import itertools
import time
from typing import Any
from urllib.parse import unquote

import av
import pytest

from .tencent_client import CAMERA, DOORBELL, FEEDER, PLUG, RECORDER, Client, key_of, tencent_cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with tencent_cloud() as running:
        yield running


async def signed(client: Client, device: dict[str, str], seconds: int, *, expires: float = 60, **channel: int) -> str:
    """Return the signed address of the latest recording's beginning."""
    events = await client.call("DescribeCloudStorageEvents", {**device, **channel, "StartTime": 1})
    start = next(one["StartTime"] for one in events["Events"] if one["UploadStatus"] == "Finished")
    date = (await client.call("DescribeCloudStorageDate", {**device, **channel}))["Data"][-1]
    timeline = (await client.call("DescribeCloudStorageTime", {**device, **channel, "Date": date}))["Data"]
    url = f"{timeline['VideoURL']}?starttime_epoch={start}&endtime_epoch={start + seconds}"
    answer = await client.call(
        "GenerateSignedVideoURL", {"VideoURL": url, "ExpireTime": int(time.time() + expires), **channel}
    )
    result: str = answer["SignedVideoURL"]
    return result


def play(url: str) -> dict[str, list[float]]:
    """Return the times of all packets by the kind of their stream, and something for each picture that can be decoded."""
    times: dict[str, list[float]] = {}
    with av.open(url, "r", timeout=10) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                times.setdefault(packet.stream.type, []).append(float(packet.pts * packet.time_base))
                if packet.stream.type == "video":
                    times.setdefault("pictures", []).extend(0.0 for _ in packet.decode())
    return times


@pytest.mark.parametrize(
    ("device", "channel"), [(CAMERA, {}), (RECORDER, {"ChannelId": 2}), (DOORBELL, {})], ids=["fmp4", "ts", "hevc"]
)
async def test_recordings_play(client: Client, device: dict[str, str], channel: dict[str, int]) -> None:
    url = await signed(client, device, 9, **channel)
    times = await asyncio.to_thread(play, url)
    video, audio = times["video"], times["audio"]
    # Three segments of 48 pictures and 50 frames of sound, without a gap
    assert (len(video), len(audio), len(times["pictures"])) == (144, 150, 144)
    assert all(0.06 < after - before < 0.07 for before, after in itertools.pairwise(video))
    assert abs((video[-1] - video[0]) - 9.53) < 0.02 and abs(video[0] - audio[0]) < 0.1


async def test_nothing_without_a_good_signature(client: Client) -> None:
    url = await signed(client, CAMERA, 9)
    status, playlist = await client.fetch(url)
    assert status == 200
    lines = playlist.decode().splitlines()
    segment = next(line for line in lines if line.startswith("0.m4s"))
    base = url.partition("timeshift.m3u8")[0]
    assert (await client.fetch(base + segment))[0] == 200
    for wrong in (
        url.partition("&t=")[0],
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("&t=", "&t=f"),
        base + segment.partition("?")[0],
        base + segment.replace("0.m4s", "1.m4s"),
    ):
        assert (await client.fetch(wrong))[0] == 403, wrong
    client.cloud.faults.clock_offset = 61
    assert [(await client.fetch(one))[0] for one in (url, base + segment)] == [403, 403]


async def test_signing_is_refused(client: Client) -> None:
    now = int(time.time())
    timeline = await client.call("DescribeCloudStorageTime", {**RECORDER, "ChannelId": 0, "Date": "2021-01-14"})
    url = timeline["Data"]["VideoURL"]
    assert timeline["Data"]["TimeList"] == []
    for change in (
        {"ChannelId": 1},
        {"ExpireTime": now - 1},
        {"VideoURL": "http://elsewhere/timeshift.m3u8"},
        {"VideoURL": url.replace(".m3u8", ".ts")},
    ):
        params = {"VideoURL": url, "ExpireTime": now + 60, "ChannelId": 0} | change
        assert await client.code("GenerateSignedVideoURL", params) == "InvalidParameterValue", change
    client.cloud.faults.encoded_urls = True
    answer = await client.call("GenerateSignedVideoURL", {"VideoURL": url, "ExpireTime": now + 60, "ChannelId": 0})
    assert answer["SignedVideoURL"].startswith("http%3A%2F%2F")
    assert unquote(answer["SignedVideoURL"]).startswith(url + "?")


async def test_plans(client: Client) -> None:
    garage = {"ProductId": "CAM0SIM001", "DeviceName": "garage_camera"}
    assert (await client.call("DescribeCloudStorage", CAMERA))["Type"] == 1
    expired = await client.call("DescribeCloudStorage", garage)
    assert expired["Status"] == 0 and expired["ExpireTime"] < time.time()
    assert (await client.call("DescribeCloudStorage", PLUG))["Status"] == 0
    assert (await client.call("DescribeCloudStorageDate", PLUG))["Data"] == []
    assert await client.code("DescribeCloudStorage", RECORDER) == "InvalidParameterValue"
    assert await client.code("DescribeCloudStorage", {**RECORDER, "ChannelId": 9}) == "InvalidParameterValue"


async def test_days_are_those_of_china(client: Client) -> None:
    """1 January, 23:00 UTC is the 2nd there."""
    storage = client.cloud.account.device("CAM0SIM001/garage_camera").storage[None]
    storage.pieces = [(1_609_541_000, 1_609_542_600)]
    garage = {"ProductId": "CAM0SIM001", "DeviceName": "garage_camera"}
    assert (await client.call("DescribeCloudStorageDate", garage))["Data"] == ["2021-01-02"]
    timeline = await client.call(
        "DescribeCloudStorageTime", {**garage, "Date": "2021-01-02", "StartTime": 1_609_541_500}
    )
    assert timeline["Data"]["TimeList"] == [{"StartTime": 1_609_541_500, "EndTime": 1_609_542_600}]
    assert await client.code("DescribeCloudStorageTime", {**garage, "Date": "02.01.2021"}) == "InvalidParameterValue"


async def test_all_events_in_pages(client: Client) -> None:
    seen: list[dict[str, Any]] = []
    params: dict[str, Any] = {**CAMERA, "StartTime": 1, "Size": 10}
    while True:
        page = await client.call("DescribeCloudStorageEvents", params)
        assert len(page["Events"]) in (7, 5) and page["Total"] != len(page["Events"])
        seen += page["Events"]
        if page["Listover"]:
            break
        params["Context"] = page["Context"]
    starts = [one["StartTime"] for one in seen]
    assert len(seen) == 40 and starts == sorted(starts, reverse=True)
    assert {one["UploadStatus"] for one in seen} == {"Finished", "Partial", "Failed"}
    last_day = await client.call("DescribeCloudStorageEvents", {**CAMERA, "Size": 100})
    assert all(one["StartTime"] > time.time() - 86_410 for one in last_day["Events"])


async def test_what_was_not_all_uploaded(client: Client) -> None:
    """Of a partial event there is the first half, of a failed one nothing."""
    record = client.cloud.account.record
    partial = record(key_of(DOORBELL), "ring", seconds=10, at=1_700_000_000, status="Partial")
    failed = record(key_of(DOORBELL), "ring", seconds=10, at=1_700_000_100, status="Failed")
    timeline = await client.call("DescribeCloudStorageTime", {**DOORBELL, "Date": "2023-11-15"})
    assert timeline["Data"]["TimeList"] == [{"StartTime": partial.start, "EndTime": partial.start + 5}]
    url = f"{timeline['Data']['VideoURL']}?starttime_epoch={failed.start}&endtime_epoch={failed.end}"
    signed_url = await client.call("GenerateSignedVideoURL", {"VideoURL": url, "ExpireTime": int(time.time()) + 60})
    assert (await client.fetch(signed_url["SignedVideoURL"]))[0] == 404


async def test_thumbnails(client: Client) -> None:
    stored = client.cloud.account.record(key_of(CAMERA), "motion", seconds=5, data="{}")
    events = (await client.call("DescribeCloudStorageEvents", {**CAMERA, "EventId": "motion"}))["Events"]
    names = [one["Thumbnail"] for one in events[:2]]
    assert (events[0]["EndTime"] - events[0]["StartTime"], events[0]["Data"]) == (5, "{}")
    assert names[0] == stored.thumbnail
    one = await client.call("DescribeCloudStorageThumbnail", {**CAMERA, "Thumbnail": names[0]})
    several = await client.call("DescribeCloudStorageThumbnailList", {**CAMERA, "ThumbnailList": names})
    as_text = await client.call("DescribeCloudStorageMultiThumbnail", {**CAMERA, "MultiThumbnail": "|".join(names)})
    assert one["ExpireTime"] > time.time() and len(as_text["ThumbnailURLInfoList"]) == 2
    pictures = [await client.fetch(info["ThumbnailURL"]) for info in several["ThumbnailURLInfoList"]]
    assert [status for status, _ in pictures] == [200, 200] and pictures[0][1] != pictures[1][1]
    with av.open(io.BytesIO(pictures[0][1]), "r", format="mjpeg") as container:
        assert next(container.decode(video=0)).width == 480
    assert (await client.fetch(one["ThumbnailURL"].partition("?")[0]))[0] == 403
    assert await client.code("DescribeCloudStorageThumbnail", {**CAMERA, "Thumbnail": "x.jpg"}) == "ResourceNotFound"


async def test_streams_of_pictures(client: Client) -> None:
    events = (await client.call("DescribeCloudStorageEvents", {**FEEDER, "StartTime": 1}))["Events"]
    event = next(one for one in events if one["UploadStatus"] == "Finished")
    assert event["EndTime"] - event["StartTime"] <= 10
    streams = await client.call("DescribeCloudStorageStreamData", {**FEEDER, "StartTime": event["StartTime"]})
    (_, video), (_, audio) = [await client.fetch(streams[name]) for name in ("VideoStream", "AudioStream")]
    with av.open(io.BytesIO(video), "r", format="mjpeg") as container:
        assert len(list(container.decode(video=0))) == 40
    with av.open(io.BytesIO(audio), "r", format="aac") as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 7 * 16_000
    assert await client.code("DescribeCloudStorageStreamData", {**FEEDER, "StartTime": 1}) == "ResourceNotFound"
    assert await client.code("DescribeCloudStorageStreamData", {**CAMERA, "StartTime": 1}) == "UnsupportedOperation"
