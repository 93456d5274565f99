"""The simulated camera, watched: what goes over the broker, and what is to be seen and heard."""

import asyncio
from itertools import pairwise
import json
import struct
from typing import Any

import av
import pytest

from simulators.ipc_camera import HD_STREAM, SD_STREAM, IpcCameraSimulator, read_counter

from .ipc_viewer import Viewer, Voice, stage

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def picture_of_width(viewer: Viewer, width: int) -> av.VideoFrame:
    """Return the first picture of a width; those before are of the other stream."""
    while (frame := await viewer.picture()).width != width:
        pass
    return frame


def sky(frame: av.VideoFrame) -> tuple[int, int]:
    """Return U and V of a picture's upper right corner."""
    u, v = (bytes(plane)[frame.width // 2 - 10] for plane in frame.reformat(format="yuv420p").planes[1:])
    return u, v


async def test_watched_live() -> None:
    """An offer is answered, candidates come as cameras write them, pictures move and there is sound."""
    async with stage(title="FRONT DOOR") as on, on.viewing() as viewer:
        answer = await viewer.connect()
        messages = on.application.of(viewer.session_id)
        assert [one["type"] for one in messages] == ["candidate", "answer", "candidate", "candidate"]
        candidates = [one["candidate"] for one in messages if one["type"] == "candidate"]
        assert candidates[-1] == ""
        for candidate, address in zip(candidates, ("127.0.0.1", "127.0.0.2"), strict=False):
            assert candidate.startswith("a=candidate:")
            assert candidate.endswith(f"{candidate.split()[5]} typ host\r\n")
            assert candidate.split()[4] == address
        assert "candidate" not in answer
        assert answer.count("a=sendonly\r\n") == 2
        assert answer.count("a=setup:active\r\n") == 2
        assert answer.index("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n") < answer.index("m=video")
        assert [one["mode"] for one in messages] == ["webrtc"] * 4

        frames = [await viewer.picture() for _ in range(3)]
        assert {(frame.width, frame.height) for frame in frames} == {(640, 360)}
        numbers = [read_counter(frame) for frame in frames]
        # A second of pictures goes round and round; on a busy machine some are left out.
        steps = [(after - before) % 14 for before, after in pairwise(numbers)]
        assert all(1 <= step <= 7 for step in steps), numbers
        sound = await viewer.sound()
        samples = struct.unpack(f"<{sound.samples}h", bytes(sound.planes[0])[: sound.samples * 2])
        assert sound.sample_rate == 8000
        assert max(samples) > 3000
        assert min(samples) < -3000

        statistics = on.camera.statistics
        assert (statistics.offers, statistics.answers, statistics.sessions, statistics.connected) == (1, 1, 1, 1)
        assert (statistics.candidates_sent, statistics.candidates_received) == (3, 2)
        assert statistics.last_candidates_received == 1
        assert statistics.pictures_sent >= 3
        assert not statistics.rejected
        await viewer.say_goodbye()
        await on.camera.wait_for(lambda: not on.camera.sessions)
        assert on.camera.slots.in_use == 0
        assert (statistics.disconnects_received, statistics.slots_leaked) == (1, 0)
        await viewer.lost()


async def test_streams_differ_and_change() -> None:
    """HD and SD have their sizes and colours, and a resolution message changes between them without a negotiation."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.connect(stream=HD_STREAM)
        high = await picture_of_width(viewer, 1280)
        await on.application.send(viewer.session_id, "resolution", protocol=312, cmdValue=SD_STREAM)
        low = await picture_of_width(viewer, 640)
        assert (high.height, low.height) == (720, 360)
        u, v = sky(high)
        assert u > v  # blue
        u, v = sky(low)
        assert u < v  # orange
        await on.application.send(viewer.session_id, "resolution", protocol=312, cmdValue=HD_STREAM)
        await picture_of_width(viewer, 1280)
        assert on.camera.statistics.clarity_commands == [1, 0]
        assert on.camera.statistics.offers == 1


@pytest.mark.parametrize(
    ("body", "stream"), [({"stream_type": 0}, 0), ({"stream_type": 1}, 1), ({"stream_type": 2}, 1), ({}, 1)]
)
async def test_stream_type(body: dict[str, Any], stream: int) -> None:
    """Only 0 is HD; the raw stream types of "skill" and no number at all are the sub-stream."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.prepare()
        await on.application.send(viewer.session_id, "offer", sdp=viewer.sdp, auth=on.camera.auth, **body)
        await on.application.expect(viewer.session_id, "answer")
        assert on.camera.sessions[viewer.session_id].stream == stream


async def test_cameras_without_the_skills() -> None:
    """Without the flags of skill.webrtc, neither clarity nor speaker can be set."""
    async with stage(skill=3) as on, on.viewing() as viewer:
        await viewer.offer(stream=1)
        await on.application.expect(viewer.session_id, "answer")
        await on.application.send(viewer.session_id, "resolution", protocol=312, cmdValue=0)
        await on.application.send(viewer.session_id, "speaker", protocol=312, cmdValue=0)
        await on.application.settle()
        assert on.camera.statistics.rejected == {"protocol": 2}
        session = on.camera.sessions[viewer.session_id]
        assert (session.stream, session.speaker) == (1, True)


async def test_speaker() -> None:
    """A speaker message is answered, or not."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.offer()
        await on.application.expect(viewer.session_id, "answer")
        await on.application.send(viewer.session_id, "speaker", protocol=312, cmdValue=0)
        assert (await on.application.expect(viewer.session_id, "speaker"))["resCode"] == 0
        assert on.application.heard[-1]["protocol"] == 312
        assert on.camera.sessions[viewer.session_id].speaker is False
        on.camera.faults.speaker_reply = False
        await on.application.send(viewer.session_id, "speaker", protocol=312, cmdValue=1)
        await on.application.settle()
        assert on.camera.statistics.speaker_commands == [0, 1]
        assert len(on.application.of(viewer.session_id, "speaker")) == 1
        await on.application.send(viewer.session_id, "speaker", protocol=312, cmdValue="loud")
        await on.application.send("nobody", "speaker", protocol=312, cmdValue=1)
        await on.application.send("nobody", "resolution", protocol=312, cmdValue=1)
        await on.application.settle()
        assert on.camera.statistics.rejected == {"protocol": 1}
        assert on.camera.statistics.unknown_sessions >= 2


@pytest.mark.parametrize(("size", "unheard"), [(160, False), (240, False), (320, True)])
async def test_talk(size: int, unheard: bool) -> None:
    """What a viewer says is counted with the size of its packets, and those of 320 bytes and more aren't heard."""
    voice = Voice(size)
    async with stage() as on, on.viewing(talk=voice) as viewer:
        answer = await viewer.connect()
        assert answer.count("a=sendrecv") == 1
        assert answer.index("a=sendrecv") < answer.index("m=video")
        await viewer.picture()
        statistics = on.camera.statistics
        await on.camera.wait_for(lambda: statistics.talk_packets >= 5)
        assert set(statistics.talk_sizes) == {size}
        assert bool(statistics.talk_unheard) is unheard
        assert on.camera.sessions[viewer.session_id].talk
        assert statistics.talk_packets <= voice.sent


async def test_listening_is_not_talking() -> None:
    async with stage() as on, on.viewing() as viewer:
        await viewer.connect()
        await viewer.sound()
        assert not on.camera.sessions[viewer.session_id].talk
        assert on.camera.statistics.talk_packets == 0


async def test_sound_in_the_other_law() -> None:
    async with stage(audio_codec="PCMA") as on, on.viewing() as viewer:
        answer = await viewer.connect()
        assert "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n" in answer
        assert "a=rtpmap:8 PCMA/8000\r\n" in answer
        assert (await viewer.sound()).sample_rate == 8000


async def test_several_viewers() -> None:
    """Each has its own stream."""
    async with stage() as on, on.viewing() as one, on.viewing() as other:
        await asyncio.gather(one.connect(stream=HD_STREAM), other.connect(stream=SD_STREAM))
        assert (await one.picture()).width == 1280
        assert (await other.picture()).width == 640
        assert on.camera.slots.in_use == 2
        await one.say_goodbye()
        await one.lost()
        await other.picture()
        assert list(on.camera.sessions) == [other.session_id]


async def test_repeated_offer_is_answered_again() -> None:
    """The same SDP in the same session: the same answer and candidates, in the same slot."""
    async with stage(slots=1) as on, on.viewing() as viewer:
        await viewer.offer()
        first = await on.application.expect(viewer.session_id, "answer")
        await viewer.offer()
        assert await on.application.expect(viewer.session_id, "answer", 2) == first
        await on.application.settle()
        candidates = on.application.of(viewer.session_id, "candidate")
        assert candidates[:3] == candidates[3:]
        statistics = on.camera.statistics
        assert (statistics.offers, statistics.repeated_offers, statistics.sessions) == (2, 1, 1)


async def test_new_offer_in_the_same_session() -> None:
    """Another SDP: the connection is made anew, in the same slot."""
    async with stage(slots=1) as on, on.viewing() as old, on.viewing() as new:
        await old.connect()
        new.session_id = old.session_id
        on.application.heard.clear()
        await new.connect()
        await old.lost()
        await new.picture()
        assert on.camera.slots.in_use == 1
        assert on.camera.statistics.busy == 0


BROWSER_LINES = (
    "v=0", "o=- 4529163812828363188 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
    "a=extmap-allow-mixed", "a=msid-semantic: WMS",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 13", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
    "a=candidate:1 1 udp 2113937151 0b4c1e0a-1111-4222-8333-444455556666.local 50828 typ host generation 0 network-cost 999",
    "a=ice-ufrag:Q93I", "a=ice-pwd:P58s/ZyBRNVnuIxcrcmEmRG5", "a=ice-options:trickle",
    "a=fingerprint:sha-256 E1:01:E0:B3:F1:97:7F:86:07:61:54:BE:42:5F:56:E8:84:58:76:E3:E4:22:94:F1:33:2A:A3:C2:FC:67:05:3E",
    "a=setup:actpass", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=recvonly", "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:13 CN/8000",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 120 127 125 107 121", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
    "a=ice-ufrag:Q93I", "a=ice-pwd:P58s/ZyBRNVnuIxcrcmEmRG5", "a=ice-options:trickle",
    "a=fingerprint:sha-256 E1:01:E0:B3:F1:97:7F:86:07:61:54:BE:42:5F:56:E8:84:58:76:E3:E4:22:94:F1:33:2A:A3:C2:FC:67:05:3E",
    "a=setup:actpass", "a=mid:1", "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset", "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize",
    "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
    "a=rtpmap:127 H264/90000", "a=fmtp:127 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
    "a=rtpmap:102 H264/90000", "a=rtcp-fb:102 goog-remb", "a=rtcp-fb:102 nack", "a=rtcp-fb:102 nack pli",
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
    "a=rtpmap:120 rtx/90000", "a=fmtp:120 apt=102",
    "a=rtpmap:125 H264/90000", "a=fmtp:125 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "a=rtpmap:107 rtx/90000", "a=fmtp:107 apt=125",
    "a=rtpmap:121 H264/90000", "a=fmtp:121 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d0015",
)  # fmt: skip
BROWSER_OFFER = "".join(f"{line}\r\n" for line in BROWSER_LINES)


async def test_offer_as_a_browser_makes_it() -> None:
    """It's answered with H264 under the browser's own number, and names of the local network are left alone."""
    async with stage() as on:
        await on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth, stream_type=0)
        answer = (await on.application.expect("s", "answer"))["sdp"]
        assert "m=video 9 UDP/TLS/RTP/SAVPF 102\r\n" in answer
        assert "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\na=fmtp:102 level-" in answer
        assert "a=group:BUNDLE 0 1\r\n" in answer
        assert "extmap" not in answer
        assert "120" not in answer.partition("m=video")[2].splitlines()[0]
        hidden = "a=candidate:2 1 udp 2113937151 a-b-c.local 50829 typ host"
        await on.application.send("s", "candidate", candidate=hidden)
        await on.camera.wait_for(lambda: on.camera.statistics.hidden_candidates == 2)
        assert on.camera.statistics.offers_with_candidates == 1


async def test_viewer_whose_addresses_are_hidden() -> None:
    """With nothing but names and the end of candidates, the viewer's own checks are what the camera answers."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.prepare()
        words = viewer.candidates[0].split()
        viewer.candidates = [" ".join([*words[:4], "0b4c1e0a-1111-4222-8333-444455556666.local", *words[5:]])]
        await viewer.connect()
        assert (await viewer.picture()).width == 640
        assert on.camera.statistics.hidden_candidates == 1


async def test_candidates_that_are_none() -> None:
    async with stage() as on, on.viewing() as viewer:
        await viewer.offer()
        await on.application.expect(viewer.session_id, "answer")
        good = viewer.candidates[0]
        bad = ("nonsense", good.removeprefix("a="), "a=candidate:1 1 udp", 5, None, "a=[object RTCIceCandidate]")
        for candidate in bad:
            await on.application.send(viewer.session_id, "candidate", candidate=candidate)
        await on.application.send(viewer.session_id, "candidate", candidate=good + "\r\n")
        await on.application.settle()
        assert on.camera.statistics.bad_candidates == len(bad)
        assert on.camera.statistics.candidates_received == len(bad) + 1


async def test_what_the_cloud_knows() -> None:
    """webrtc-configs of the camera, as section 2 has it; auth follows from id and keys."""
    camera = IpcCameraSimulator(
        "mqtt://127.0.0.1", device_id="6cf2b6d2b09a2f85971a", local_key="0123456789abcdef", p2p_password="pw", hevc={0}
    )
    # base64(HMAC-SHA256("pw:0123456789abcdef", "6cf2b6d2b09a2f85971a")), made with openssl
    assert camera.auth == "PtjTjIShOG/+BVjLGQtzecN1zAjTTeIiczldCBm3xzo="
    config = camera.webrtc_config([{"urls": "stun:127.0.0.1:3478"}])
    assert config["auth"] == camera.auth
    assert config["moto_id"] == camera.moto_id
    assert config["p2p_config"] == {"ices": [{"urls": "stun:127.0.0.1:3478"}]}
    skill = json.loads(config["skill"])
    assert (skill["webrtc"], skill["lowPower"]) == (115, 0)
    assert [(one["streamType"], one["codecType"], one["width"]) for one in skill["videos"]] == [
        (2, 4, 2560),
        (4, 2, 640),
    ]
    assert config["audio_attributes"]["call_mode"] == [1, 2]
    one_way = IpcCameraSimulator("mqtt://127.0.0.1", two_way=False).webrtc_config()
    assert one_way["audio_attributes"] == {"call_mode": [1], "hardware_capability": [1]}
