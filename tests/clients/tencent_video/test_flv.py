"""FLV that is written here is read by PyAV, and what PyAV writes is read here."""

import io
import math
import struct
from typing import Any

import av
import pytest

from custom_components.iot_gateway.clients.tencent_video.flv import (
    FlvInvalid,
    FlvReader,
    FlvTag,
    TagType,
    TimedTag,
    aac_tags,
    alaw_tags,
    flv_header,
    flv_tag,
    paced,
    pcm_tags,
)

from .fake_cloud import Clock


def tone(rate: int, seconds: float) -> bytes:
    """Return a tone of 440 Hz, 16 bits, mono."""
    count = int(rate * seconds)
    return struct.pack(f"<{count}h", *(int(9000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(count)))


def adts(rate: int = 16000, seconds: float = 1.0) -> bytes:
    """Return a tone as AAC in ADTS frames."""
    out = io.BytesIO()
    with av.open(out, "w", format="adts") as container:
        stream = container.add_stream("aac", rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=int(rate * seconds))
        frame.planes[0].update(tone(rate, seconds))
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def decoded(tags: list[TimedTag]) -> tuple[Any, int, list[int]]:
    """Have PyAV read a file of these tags; return its stream's codec and rate, the samples, and the packets' times in ms."""
    data = flv_header(audio=True, video=False) + b"".join(tag.data for tag in tags)
    with av.open(io.BytesIO(data), "r", format="flv") as container:
        (stream,) = container.streams
        assert isinstance(stream, av.AudioStream)
        times, samples = [], 0
        for packet in container.demux(stream):
            if packet.dts is not None:
                times.append(packet.dts)
            samples += sum(frame.samples for frame in packet.decode())
        return (stream.codec_context.name, stream.codec_context.sample_rate), samples, times


def test_aac_is_read_by_others() -> None:
    tags = list(aac_tags(adts()))
    codec, samples, times = decoded(tags)
    assert codec == ("aac", 16000)
    assert samples >= 16000
    # 1024 samples of 16 kHz are 64 ms
    assert times == [64 * n for n in range(len(times))]
    assert len(times) == len(tags) - 1


def test_aac_goes_on_where_it_was() -> None:
    assert [tag.timestamp for tag in aac_tags(adts(), start=5000)][:3] == [5000, 5000, 5064]


def test_aac_that_is_cut_off_or_none() -> None:
    data = adts()
    whole = list(aac_tags(data))
    assert list(aac_tags(data[:-1])) == whole[:-1]
    with pytest.raises(FlvInvalid):
        list(aac_tags(b"ID3" + data))
    with pytest.raises(FlvInvalid):
        list(aac_tags(b"\xff\xf1\xff\xff\xff\xff\xff\xff"))
    with pytest.raises(FlvInvalid):
        # A frame of no bytes would never end
        list(aac_tags(b"\xff\xf1\x60\x40\x00\x1f\xfc\xff"))
    assert list(aac_tags(b"")) == []


def test_pcm_is_read_by_others() -> None:
    codec, samples, times = decoded(list(pcm_tags(tone(22050, 0.5), 22050)))
    assert codec == ("pcm_s16le", 22050)
    assert samples == 11025
    assert times == [40 * n for n in range(13)]


def test_alaw_is_read_by_others() -> None:
    codec, samples, times = decoded(list(alaw_tags(b"\xd5" * 801, frame=50)))
    assert codec == ("pcm_alaw", 8000)
    assert samples == 801
    assert times == [0, 50, 100]


def test_sound_without_a_place_in_flv() -> None:
    with pytest.raises(FlvInvalid, match="16000"):
        list(pcm_tags(b"", 16000))
    with pytest.raises(FlvInvalid, match="channel"):
        list(pcm_tags(b"", 44100, 6))
    assert list(pcm_tags(b"", 44100)) == []
    # Half a sample is none
    assert len(list(pcm_tags(b"\x00" * 5, 44100))[0].data) == 11 + 1 + 4 + 4


async def test_pace() -> None:
    """Tags are sent a little before they are heard, and none is waited for that is late already."""
    clock = Clock()
    sent: list[float] = []

    async def sleep(seconds: float) -> None:
        assert seconds > 0
        clock.pass_(seconds)

    tags = [TimedTag(timestamp=7000 + 100 * n, data=b"%d" % n) for n in range(10)]
    stream = []
    async for data in paced(tags, ahead=0.25, monotonic=lambda: clock.mono, sleep=sleep):
        stream.append(data)
        sent.append(clock.mono - 1000)
        if data == b"5":
            clock.pass_(0.35)
    assert stream == [flv_header(audio=True, video=False), *(b"%d" % n for n in range(10))]
    assert sent[1:] == pytest.approx([0, 0, 0, 0.05, 0.15, 0.25, 0.6, 0.6, 0.6, 0.65])


# Reading


def video_file() -> bytes:
    """Return a second of pictures and sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="flv") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.gop_size = 5
        audio = container.add_stream("aac", rate=44100)
        audio.layout = "mono"
        for n in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                # Whatever stood in memory may look like another scene, which gets a key frame
                plane.update(bytes(plane.buffer_size))
            frame.pts = n
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        sound = av.AudioFrame(format="s16", layout="mono", samples=44100)
        sound.planes[0].update(tone(44100, 1))
        sound.sample_rate = 44100
        container.mux([*audio.encode(sound), *audio.encode(None)])
    return out.getvalue()


@pytest.fixture(scope="module", name="file")
def file_fixture() -> bytes:
    return video_file()


@pytest.mark.parametrize("size", [1, 7, 1000, 10**9])
def test_reading(file: bytes, size: int) -> None:
    """The pieces in which a stream comes make no difference."""
    reader = FlvReader()
    tags = [tag for at in range(0, len(file), size) for tag in reader.feed(file[at : at + size])]
    assert reader.has_audio
    assert reader.has_video
    pictures = [tag for tag in tags if tag.type is TagType.VIDEO and tag.codec == "h264" and not tag.is_config]
    # The last tag of a file tells the end of the pictures
    assert [tag.timestamp for tag in pictures if tag.size > 5] == [100 * n for n in range(10)]
    assert [tag.timestamp for tag in pictures if tag.is_key and tag.size > 5] == [0, 500]
    assert [tag.codec for tag in tags if tag.is_config] == ["h264", "aac"]
    assert len([tag for tag in tags if tag.codec == "aac"]) > 43
    assert tags[0].type is TagType.SCRIPT
    with av.open(io.BytesIO(file), "r") as container:
        packets = sum(packet.size > 0 for packet in container.demux())
    assert packets == len([tag for tag in tags if tag.codec and not tag.is_config and tag.size > 5])


@pytest.mark.parametrize(
    ("type_", "body", "tag"),
    [
        (TagType.VIDEO, b"\x1c\x01\x00\x00\x00", {"codec": "hevc", "is_key": True}),
        (TagType.VIDEO, b"\x1c\x00\x00\x00\x00", {"codec": "hevc", "is_config": True}),
        (TagType.VIDEO, b"\x90hvc1", {"codec": "hevc", "is_config": True}),
        (TagType.VIDEO, b"\x91hvc1", {"codec": "hevc", "is_key": True}),
        (TagType.VIDEO, b"\xa3hvc1", {"codec": "hevc"}),
        (TagType.VIDEO, b"\x27\x01", {"codec": "h264"}),
        (TagType.VIDEO, b"\x12", {"codec": "2", "is_key": True}),
        (TagType.AUDIO, b"\xaf\x00", {"codec": "aac", "is_config": True}),
        (TagType.AUDIO, b"\xaf\x01\x00", {"codec": "aac"}),
        (TagType.AUDIO, b"\x72\x00", {"codec": "pcm_alaw"}),
        (TagType.AUDIO, b"\x2f", {"codec": "2"}),
        (TagType.AUDIO, b"", {}),
        (TagType.SCRIPT, b"\x02\x00", {}),
    ],
)
def test_codecs(type_: TagType, body: bytes, tag: dict[str, Any]) -> None:
    timestamp = 0x12345678
    reader = FlvReader()
    assert reader.feed(flv_header(audio=False, video=True)) == []
    assert reader.feed(flv_tag(type_, timestamp, body)) == [
        FlvTag(type=type_, timestamp=timestamp, size=len(body), **tag)
    ]
    assert (reader.has_audio, reader.has_video) == (False, True)


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"G",
        b"FLV\x01\x05\x00\x00\x00\x01",
        b"FLV\x01\x05\xff\x00\x00\x09",
        flv_header(audio=True, video=True) + b"\x1f" + b"\x00" * 20,
    ],
    ids=["html", "first byte", "short header", "long header", "strange tag"],
)
def test_bytes_that_are_none(data: bytes) -> None:
    with pytest.raises(FlvInvalid):
        FlvReader().feed(data)


def test_large_tag() -> None:
    with pytest.raises(FlvInvalid):
        flv_tag(TagType.AUDIO, 0, bytes(1 << 24))
