"""What the simulated camera takes and what it doesn't, and what it does to its answers."""

from collections.abc import Callable
from functools import partial
import json
from typing import Any, get_args

import pytest

from simulators.ipc_camera import QUIRKS, Faults, IpcCameraSimulator, Quirk
from simulators.ipc_camera.quirks import answer_text
from simulators.ipc_camera.sdp import Offer, RejectedOffer, RejectReason, Transport, build_answer, read_offer, split

from .ipc_viewer import Account, stage
from .test_ipc_camera_live import BROWSER_LINES, BROWSER_OFFER

live = pytest.mark.usefixtures("socket_enabled")

TRANSPORT = Transport(ufrag="Cam1", password="0123456789abcdefghijkl", fingerprint=":".join(["AB"] * 32))


def changed(change: Callable[[str], str | None]) -> str:
    """Return the browser's offer with some lines changed or left out."""
    lines = [new for line in BROWSER_LINES if (new := change(line)) is not None]
    return "".join(f"{line}\r\n" for line in lines)


def without(beginning: str) -> str:
    return changed(lambda line: None if line.startswith(beginning) else line)


def video_first() -> str:
    start = BROWSER_OFFER.index("m=audio")
    middle = BROWSER_OFFER.index("m=video")
    return BROWSER_OFFER[:start] + BROWSER_OFFER[middle:] + BROWSER_OFFER[start:middle]


def taken(sdp: str = BROWSER_OFFER) -> Offer:
    return read_offer(sdp, audio_codec="PCMU", accept_extmap=True)


# Offers


def test_what_is_left_of_an_offer() -> None:
    offer = taken()
    assert (offer.audio_codec, offer.video_payload_type, offer.talk) == ("PCMU", "102", False)
    assert [line for line in offer.sdp.splitlines() if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        "m=video 9 UDP/TLS/RTP/SAVPF 102",
    ]
    for unwanted in ("extmap", "candidate", "opus", "VP8", "rtx", "PCMA", "127"):
        assert unwanted not in offer.sdp.replace("127.0.0.1", "")
    assert offer.candidates == (BROWSER_LINES[10].removeprefix("a="),)
    assert not offer.has_data_channel


@pytest.mark.parametrize(("direction", "talk"), [("sendrecv", True), ("sendonly", True), ("inactive", False)])
def test_who_wants_to_talk(direction: str, talk: bool) -> None:
    offer = taken(BROWSER_OFFER.replace("a=recvonly", f"a={direction}", 1))
    assert offer.talk is talk


def test_the_other_law_if_only_that_is_offered() -> None:
    offer = taken(BROWSER_OFFER.replace("SAVPF 111 9 0 8 13", "SAVPF 111 9 8 13"))
    assert offer.audio_codec == "PCMA"
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n" in offer.sdp


def test_line_ends_do_not_matter() -> None:
    assert taken(BROWSER_OFFER.replace("\r\n", "\n")).sdp == taken().sdp


REJECTED: dict[RejectReason, str] = {
    "object_candidate": BROWSER_OFFER + "a=[object RTCIceCandidate]\r\n",
    "no_media": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
    "video_first": video_first(),
    "no_video": BROWSER_OFFER[: BROWSER_OFFER.index("m=video")],
    "no_g711": BROWSER_OFFER.replace("SAVPF 111 9 0 8 13", "SAVPF 111 9 13"),
    "no_h264": BROWSER_OFFER.replace("H264", "AV1X"),
    "no_mid": without("a=mid:1"),
    "no_ice": without("a=ice-pwd"),
    "no_fingerprint": without("a=fingerprint"),
}


@pytest.mark.parametrize("reason", REJECTED)
def test_offers_that_are_not_taken(reason: RejectReason) -> None:
    with pytest.raises(RejectedOffer) as raised:
        taken(REJECTED[reason])
    assert raised.value.reason == reason


def test_h264_that_cannot_be_sent() -> None:
    """Whole packets only, or another profile: the camera has neither."""
    for change in (("packetization-mode=1", "packetization-mode=0"), ("profile-level-id=42", "profile-level-id=64")):
        with pytest.raises(RejectedOffer, match="no_h264"):
            taken(BROWSER_OFFER.replace(*change))


def test_header_extensions() -> None:
    with pytest.raises(RejectedOffer, match="extmap"):
        read_offer(BROWSER_OFFER, audio_codec="PCMU", accept_extmap=False)
    assert read_offer(without("a=extmap"), audio_codec="PCMU", accept_extmap=False).sdp == taken().sdp


def test_session_level_transport() -> None:
    """ICE and fingerprint may stand before the media."""
    moved = [line for line in BROWSER_LINES if line.startswith(("a=ice-", "a=fingerprint"))][:4]
    lines = [line for line in BROWSER_LINES if line not in moved]
    sdp = "\r\n".join([*lines[:5], *moved, *lines[5:]])
    assert all(line in taken(sdp).sdp for line in moved)


# Over the broker

ENVELOPES: dict[str, tuple[dict[str, Any], RejectReason]] = {
    "to": ({"header": {"to": "another"}}, "wrong_to"),
    "moto": ({"header": {"moto_id": "moto_old"}}, "wrong_moto"),
    "recorder": ({"header": {"sub_dev_id": "channel_1"}}, "wrong_sub_device"),
    "no session": ({"header": {"sessionid": ""}}, "bad_session"),
    "odd session": ({"header": {"sessionid": 5}}, "bad_session"),
    "long session": ({"header": {"sessionid": "x" * 65}}, "bad_session"),
    "no from": ({"header": {"from": ""}}, "malformed"),
    "no type": ({"header": {"type": None}}, "malformed"),
    "auth": ({"auth": "bm90IHRoaXMgb25l"}, "bad_auth"),
    "no auth": ({"auth": None}, "bad_auth"),
    "odd auth": ({"auth": "schlüssel"}, "bad_auth"),
    "mode": ({"mode": "rtsp"}, "mode"),
    "no sdp": ({"sdp": None}, "malformed"),
    "protocol": ({"protocol": 999}, "protocol"),
    "type": ({"header": {"type": "hello"}}, "protocol"),
    "no data": ({"envelope": {"data": None}}, "malformed"),
    "size": ({"padding": "x" * 8192}, "too_large"),
    "object": ({"sdp": REJECTED["object_candidate"]}, "object_candidate"),
    "order": ({"sdp": REJECTED["video_first"]}, "video_first"),
    "unreadable": ({"sdp": BROWSER_OFFER.replace("IN IP4 0.0.0.0", "IN nothing")}, "unreadable"),
}


def more_rejected(camera: IpcCameraSimulator, before: int) -> bool:
    return camera.statistics.rejected.total() > before


@live
async def test_messages_that_are_not_taken() -> None:
    """Each is counted with its reason; none is answered, and none takes a slot."""
    async with stage() as on:
        for changes, reason in ENVELOPES.values():
            before = on.camera.statistics.rejected.total()
            body: dict[str, Any] = {"sdp": BROWSER_OFFER, "auth": on.camera.auth, "stream_type": 1}
            session_id = changes.get("header", {}).get("sessionid", "s")
            await on.application.send(session_id, "offer", **body | changes)
            await on.camera.wait_for(partial(more_rejected, on.camera, before))
            assert on.camera.statistics.rejected[reason] > 0
        for payload in (b"", b"\xff", b"{}", b"[]", json.dumps({"data": {"header": [], "msg": {}}}).encode()):
            await on.application.publish(f"/av/moto/{on.camera.moto_id}/u/{on.camera.device_id}", payload)
        await on.application.settle()
        expected = {reason for _, reason in ENVELOPES.values()}
        assert set(on.camera.statistics.rejected) == expected
        assert on.camera.statistics.rejected.total() == len(ENVELOPES) + 5
        assert on.camera.statistics.largest_offer > 8192
        assert on.application.heard == []
        assert on.camera.slots.in_use == 0


@live
async def test_strict_about_header_extensions() -> None:
    async with stage(faults=Faults(accept_extmap=False)) as on:
        await on.application.send("a", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.application.send("b", "offer", sdp=without("a=extmap"), auth=on.camera.auth)
        await on.application.expect("b", "answer")
        assert on.camera.statistics.rejected == {"extmap": 1}
        assert on.application.of("a") == []


@live
async def test_behind_a_recorder() -> None:
    """It's reached with the node id, and says it in its own messages."""
    async with stage(sub_dev_id="channel_2") as on:
        await on.application.send(
            "s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth, header={"sub_dev_id": "channel_2"}
        )
        await on.application.expect("s", "answer")
        assert {one["data"]["header"]["sub_dev_id"] for one in on.application.heard} == {"channel_2"}


# Answers


def answer(*quirks: Quirk, sdp: str = BROWSER_OFFER) -> str:
    offer = taken(sdp)
    return answer_text(build_answer(offer, TRANSPORT, [1, 2]), set(quirks), offer.sections[1].payload_types)


def test_answer_without_quirk() -> None:
    text = answer()
    session, (audio, video) = split(text)
    assert "a=group:BUNDLE 0 1" in session
    for section, kind in ((audio, "audio"), (video, "video")):
        assert section.kind == kind
        for line in ("a=setup:active", "a=sendonly", "a=rtcp-mux", "a=ice-ufrag:Cam1"):
            assert line in section.lines
        assert section.values("fingerprint") == ["sha-256 " + ":".join(["AB"] * 32)]
    assert text.endswith("\r\n")
    assert "\r\n\r\n" not in text
    assert "\n" not in text.replace("\r\n", "")


def test_answer_to_a_data_channel() -> None:
    lines = [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-ufrag:Q93I", "a=ice-pwd:P58s",
        "a=fingerprint:sha-256 E1", "a=setup:actpass", "a=mid:2", "a=sctp-port:5000",
    ]  # fmt: skip
    sdp = BROWSER_OFFER.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + "\r\n".join(lines)
    assert taken(sdp).has_data_channel
    session, sections = split(answer(sdp=sdp))
    assert "a=group:BUNDLE 0 1 2" in session
    assert sections[2].lines[0] == lines[0]
    assert sections[2].values("sctp-port") == ["5000"]
    assert "a=rtcp-mux" not in sections[2].lines


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").strip().split("\n")


def difference(*quirks: Quirk) -> tuple[list[str], list[str]]:
    """Return the kinds of lines that quirks take out of an answer, and those that they put in instead."""
    plain, odd = lines_of(answer()), lines_of(answer(*quirks))
    # Each answer has a number of its own.
    plain, odd = ([line for line in lines if not line.startswith("o=")] for lines in (plain, odd))
    return [line for line in plain if line not in odd], [line for line in odd if line not in plain]


FMTP = "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    ("quirk", "gone", "new"),
    [
        ("sendrecv", ["a=sendonly"] * 2, ["a=sendrecv"] * 2),
        ("recvonly", ["a=sendonly"] * 2, ["a=recvonly"] * 2),
        ("no_direction", ["a=sendonly"] * 2, []),
        ("setup_actpass", ["a=setup:active"] * 2, ["a=setup:actpass"] * 2),
        ("no_setup", ["a=setup:active"] * 2, []),
        ("no_rtcp_mux", ["a=rtcp-mux"] * 2, []),
        ("audio_rejected", ["m=audio 9 UDP/TLS/RTP/SAVPF 0"], ["m=audio 0 UDP/TLS/RTP/SAVPF 0"]),
        (
            "h264_undescribed",
            ["a=rtpmap:102 H264/90000", "a=rtcp-fb:102 nack", "a=rtcp-fb:102 nack pli", FMTP],
            [],
        ),
        (
            "h264_unknown",
            [
                "m=video 9 UDP/TLS/RTP/SAVPF 102",
                "a=rtpmap:102 H264/90000",
                "a=rtcp-fb:102 nack",
                "a=rtcp-fb:102 nack pli",
                FMTP,
            ],
            [
                "m=video 9 UDP/TLS/RTP/SAVPF 98",
                "a=rtpmap:98 H264/90000",
                "a=rtcp-fb:98 nack",
                "a=rtcp-fb:98 nack pli",
                FMTP.replace("102", "98"),
            ],
        ),
        ("lowercase_fingerprint", [FINGERPRINT] * 2, [FINGERPRINT.lower()] * 2),
        ("no_mid", ["a=mid:0", "a=mid:1"], []),
        ("no_bundle", ["a=group:BUNDLE 0 1"], []),
        ("profile_640028", [FMTP], [FMTP.replace("42001f", "640028")]),
        ("no_fmtp", [FMTP], []),
    ],
)
def test_quirk(quirk: Quirk, gone: list[str], new: list[str]) -> None:
    assert difference(quirk) == (gone, new)
    assert quirk in QUIRKS


def test_quirks_of_lines_and_their_order() -> None:
    assert not answer("no_trailing_crlf").endswith("\n")
    doubled = answer("doubled_crlf")
    assert doubled.count("\r\n\r\n") == answer().count("\r\n")
    assert "\r" not in answer("lf_only")
    assert [section.kind for section in split(answer("mline_order"))[1]] == ["video", "audio"]
    assert difference("mline_order", "lf_only") == ([], [])


def test_quirks_together() -> None:
    text = answer(*QUIRKS)
    assert text.startswith("v=0\n\n")
    assert "m=audio 0" in text
    assert text.index("m=video") < text.index("m=audio")
    assert "a=mid" not in text


def test_every_quirk_has_an_effect() -> None:
    numberless = [line for line in lines_of(answer()) if not line.startswith("o=")]
    for quirk in get_args(Quirk.__value__):
        text = answer(quirk)
        same_lines = [line for line in lines_of(text) if not line.startswith("o=")] == numberless
        same_ends = text.endswith("\r\n") and "\r\n\r\n" not in text
        assert not (same_lines and same_ends), quirk


@live
async def test_quirks_over_the_broker() -> None:
    """What a repaired answer of a quirky camera leads to is a picture: only the text is wrong, never what is sent."""
    faults = Faults(quirks={"sendrecv", "lowercase_fingerprint", "lf_only", "h264_unknown", "mline_order"})
    async with stage(faults=faults) as on, on.viewing() as viewer:

        def repair(text: str) -> str:
            assert "\r" not in text
            session, sections = split(text)
            unknown = sections[0].payload_types[0]
            known = split(viewer.sdp)[1][1]
            number = next(one.split(" ")[0] for one in known.values("rtpmap") if one.endswith("H264/90000"))
            assert unknown not in known.payload_types
            lines = [*session, *sections[1].lines, *sections[0].lines]
            fixed = "".join(f"{line}\r\n" for line in lines).replace(f" {unknown}\r\n", f" {number}\r\n")
            return fixed.replace(f":{unknown} ", f":{number} ").replace("a=sendrecv", "a=sendonly")

        await viewer.offer()
        await viewer.send_candidates()
        await viewer.take_answer(repair)
        await viewer.connected()
        assert (await viewer.picture()).width == 640


# Other faults


def kinds(application: Account, session_id: str) -> list[str]:
    return [f"{one['type']}{'' if one.get('candidate', 'x') else ' end'}" for one in application.of(session_id)]


@live
@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (Faults(candidates_before_answer=0), ["answer", "candidate", "candidate", "candidate end"]),
        (Faults(candidates_before_answer=5), ["candidate", "candidate", "answer", "candidate end"]),
        (Faults(no_last_candidate=True), ["candidate", "answer", "candidate"]),
        (Faults(answer_twice=True), ["candidate", "answer", "candidate", "candidate end"] * 2),
    ],
)
async def test_order_of_messages(faults: Faults, expected: list[str]) -> None:
    async with stage(faults=faults) as on:
        await on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.application.wait_for(lambda: len(on.application.of("s")) >= len(expected))
        await on.application.settle()
        assert kinds(on.application, "s") == expected


@live
@pytest.mark.parametrize(
    ("form", "begin", "end"), [("crlf", "a=c", "host\r\n"), ("cr", "a=c", "host\r"), ("bare", "c", "host")]
)
async def test_forms_of_candidates(form: Any, begin: str, end: str) -> None:
    async with stage(faults=Faults(candidate_form=form)) as on:
        await on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.application.expect("s", "candidate", 3)
        candidates = [one["candidate"] for one in on.application.of("s", "candidate")]
        assert candidates.pop() == ""
        assert all(one.startswith(begin) and one.endswith(end) for one in candidates)


@live
async def test_silence_and_refusal() -> None:
    async with stage() as on:
        camera, application = on.camera, on.application
        offer: dict[str, Any] = {"sdp": BROWSER_OFFER, "auth": camera.auth}
        camera.faults.silent = True
        await application.send("a", "offer", **offer)
        await application.settle()
        camera.faults.reset()
        camera.faults.ignore_offers = 1
        await application.send("b", "offer", **offer)
        await application.send("b", "offer", **offer)
        await application.expect("b", "answer")
        camera.faults.refuse = 4
        await application.send("c", "offer", **offer)
        assert (await application.expect("c", "disconnect"))["close_reason"] == 4
        assert application.of("a") == []
        assert len(application.of("b", "answer")) == 1
        assert (camera.statistics.offers, camera.statistics.sessions) == (4, 1)
        assert camera.statistics.disconnects_sent == {4: 1}


@live
async def test_other_peoples_messages() -> None:
    """What is on the account's topic isn't all for one's own session."""
    async with stage(faults=Faults(stray_messages=True)) as on, on.viewing() as viewer:
        await viewer.connect()
        sessions = {one["data"]["header"]["sessionid"] for one in on.application.heard}
        (stranger,) = sessions - {viewer.session_id}
        assert [one["type"] for one in on.application.of(stranger)] == ["answer", "candidate", "disconnect"]


@live
async def test_delays() -> None:
    """An answer that is waited for can be given up: a disconnect ends the session before."""
    async with stage(faults=Faults(answer_delay=60.0)) as on:
        await on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 1)
        await on.application.send("s", "disconnect")
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 0)
        on.camera.faults.update({"answer_delay": 0, "candidate_delay": 60})
        await on.application.send("t", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 1)
        await on.application.send("t", "disconnect")
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 0)
        await on.application.settle()
        assert on.application.heard == []


@live
async def test_private_camera() -> None:
    """With basic_private on, viewers are sent away, and those that come, too."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.connect()
        on.camera.command({"basic_private": True})
        assert (await on.application.expect(viewer.session_id, "disconnect"))["close_reason"] == 6
        await viewer.lost()
        await on.application.send("s", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.application.expect("s", "disconnect")
        on.camera.command({"basic_private": False})
        await on.application.send("t", "offer", sdp=BROWSER_OFFER, auth=on.camera.auth)
        await on.application.expect("t", "answer")
