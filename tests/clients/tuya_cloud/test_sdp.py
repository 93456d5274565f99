"""Offers that cameras take, and answers that browsers take."""

from collections.abc import Callable
import json
import re
from typing import Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.sdp import (
    SdpError,
    candidate_target,
    has_video,
    prepare_offer,
    repair_answer,
)

from .chromium import ACCESS, PARSE, Refused, check_answer, check_strictly, parse
from .sdp_samples import (
    ANSWER,
    CHROMIUM_OFFER,
    CHROMIUM_TALK_OFFER,
    FIREFOX_OFFER,
    FRONTEND_TAIL,
    SAFARI_OFFER,
    TALK_ANSWER,
    crlf,
)

HOST: Final = "candidate:512512433 1 udp 2122260223 192.168.0.227 50828 typ host generation 0 ufrag Q93I network-id 1"
MDNS: Final = "candidate:1560499547 1 udp 2113937151 2cf0b2c0-0842-4fe3-aaa0-4556a2dfbadc.local 33192 typ host generation 0 ufrag Q93I"

type Edit = Callable[[str], str]


def replaced(old: str, new: str, count: int = -1) -> Edit:
    """Return an edit that must have an effect."""

    def edit(text: str) -> str:
        edited = text.replace(old, new, count)
        assert edited != text, f"{old!r} is not there"
        return edited

    return edit


def without(pattern: str) -> Edit:
    """Return an edit that takes lines out."""

    def edit(text: str) -> str:
        edited = re.sub(rf"(?m)^{pattern}\r\n", "", text)
        assert edited != text, f"{pattern!r} is not there"
        return edited

    return edit


def directed(direction: str | None) -> Edit:
    """Return an edit that has both media go another way, or say nothing of it."""

    def edit(text: str) -> str:
        return re.sub(r"a=(?:sendonly|sendrecv)\r\n", "" if direction is None else f"a={direction}\r\n", text)

    return edit


def swapped(text: str) -> str:
    """Put video before audio."""
    head, audio, video = re.split(r"(?=m=)", text)
    return head + video + audio


def lower_fingerprint(text: str) -> str:
    return re.sub(r"(?<=a=fingerprint:sha-256 )\S+", lambda found: found[0].lower(), text)


# What is wrong → how an answer comes to be so, and what Chromium makes of it: with the microphone off, and on.
VARIANTS: Final[dict[str, tuple[Edit, str | None, str | None]]] = {
    "nothing": (lambda text: text, None, None),
    "sendrecv": (directed("sendrecv"), ACCESS, ACCESS),
    "recvonly": (directed("recvonly"), ACCESS, ACCESS),
    "no direction": (directed(None), ACCESS, ACCESS),
    "no trailing CRLF": (lambda text: text.removesuffix("\r\n"), PARSE, PARSE),
    "doubled CRLF": (replaced("\r\n", "\r\n\r\n"), PARSE, PARSE),
    "other order": (swapped, ACCESS, ACCESS),
    "setup:actpass": (replaced("a=setup:active", "a=setup:actpass"), ACCESS, ACCESS),
    "no rtcp-mux": (without("a=rtcp-mux"), ACCESS, ACCESS),
    "lower-case fingerprint": (lower_fingerprint, None, None),
    "LF only": (replaced("\r\n", "\n"), None, None),
    "no mid": (without("a=mid:.*"), None, None),
    "no BUNDLE group": (without("a=group:BUNDLE.*"), None, None),
    "no setup": (without("a=setup:.*"), None, None),
    "profile 640028": (replaced("profile-level-id=42e01f", "profile-level-id=640028"), None, None),
    # The two rows that the fixer of the measurements did not cover, the second in several forms
    "audio 0 in BUNDLE": (replaced("m=audio 9 ", "m=audio 0 "), ACCESS, ACCESS),
    "H264 not described": (without("a=(?:rtpmap|fmtp|rtcp-fb):109.*"), PARSE, PARSE),
    "H264 with a number never offered": (replaced("109", "127"), PARSE, PARSE),
    # Not measured: our checker takes a number that is something else in the offer for unknown
    "H264 with VP8's number": (replaced("109", "96"), PARSE, PARSE),
    "H264 with a number never offered, not described": (
        lambda text: without("a=(?:rtpmap|fmtp|rtcp-fb):109.*")(text).replace("SAVPF 109", "SAVPF 127"),
        PARSE,
        PARSE,
    ),
}


@pytest.mark.parametrize("talk", [False, True], ids=["microphone off", "microphone on"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_answers_of_cameras(variant: str, talk: bool) -> None:
    """What Chromium 156 makes of each broken answer is as measured, and mended it is taken by every browser."""
    edit, refused_off, refused_on = VARIANTS[variant]
    offer = CHROMIUM_TALK_OFFER if talk else CHROMIUM_OFFER
    broken = edit(TALK_ANSWER if talk else ANSWER)
    refused = refused_on if talk else refused_off
    if refused is None:
        check_answer(offer, broken)
    else:
        with pytest.raises(Refused) as caught:
            check_answer(offer, broken)
        assert caught.value.name == refused

    mended = repair_answer(broken, offer, talk=talk)

    audio, video = check_strictly(offer, mended).media
    assert video.port == 9
    assert video.direction == "sendonly"
    assert list(video.codecs.values()) == ["H264"]
    assert audio.port == (0 if variant == "audio 0 in BUNDLE" else 9)
    if audio.port:
        assert audio.formats == ["0"]
        assert audio.value("ptime") == ("30" if talk else None) or audio.direction == "sendonly"
    # Mending what is whole changes nothing any more
    assert repair_answer(mended, offer, talk=talk) == mended


@pytest.mark.parametrize(
    "offer",
    [CHROMIUM_OFFER, CHROMIUM_TALK_OFFER, FIREFOX_OFFER, SAFARI_OFFER],
    ids=["off", "on", "firefox", "safari"],
)
@pytest.mark.parametrize("variant", VARIANTS)
def test_answers_to_what_was_sent(variant: str, offer: str) -> None:
    """The camera answers the offer that it was sent, the browser compares with the one that it made."""
    answer = VARIANTS[variant][0](TALK_ANSWER)
    talk = offer == CHROMIUM_TALK_OFFER
    assert parse(prepare_offer(offer + FRONTEND_TAIL).sdp).bundle == ["0", "1"]
    _ = check_strictly(offer, repair_answer(answer, offer + FRONTEND_TAIL, talk=talk))


def test_whole_answer() -> None:
    """The repaired answer in full: in the offer's order and words, nothing that a parser may stumble over."""
    broken = crlf(
        """
v=0
o=- 1600820049 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 1 0
a=extmap-allow-mixed
m=video 9 RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=ice-ufrag:gXGv
a=ice-pwd:RqTg3x0bzGoDwO3rBN6bXUGp
a=fingerprint:SHA-256 3f:0b:8a:59
a=setup:actpass
a=mid:1
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=candidate:1 1 udp 2130706431 10.0.0.7 41234 typ host
a=candidate:broken
a=end-of-candidates
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 tuya
a=fmtp:96 profile-level-id=640028;packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc:1
a=sctp-nonsense
m=audio 9 RTP/SAVPF 8
a=mid:0
a=recvonly
a=ptime:20
"""
    ).replace("\r\n", "\r")
    assert repair_answer(broken, CHROMIUM_TALK_OFFER, talk=True) == crlf(
        """
v=0
o=- 1600820049 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 8
c=IN IP4 0.0.0.0
a=ice-ufrag:gXGv
a=ice-pwd:RqTg3x0bzGoDwO3rBN6bXUGp
a=fingerprint:sha-256 3F:0B:8A:59
a=setup:active
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:8 PCMA/8000
a=ptime:30
m=video 9 UDP/TLS/RTP/SAVPF 109 114
c=IN IP4 0.0.0.0
a=ice-ufrag:gXGv
a=ice-pwd:RqTg3x0bzGoDwO3rBN6bXUGp
a=fingerprint:sha-256 3F:0B:8A:59
a=setup:active
a=mid:1
a=sendonly
a=rtcp-mux
a=rtpmap:109 H264/90000
a=rtcp-fb:109 nack pli
a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==
a=rtpmap:114 rtx/90000
a=fmtp:114 apt=109
a=candidate:1 1 udp 2130706431 10.0.0.7 41234 typ host
"""
    )


def test_rejected_audio() -> None:
    """A camera without a microphone declines sound: it leaves the BUNDLE group, and candidates belong to the video."""
    answer = replaced("m=audio 9 ", "m=audio 0 ")(ANSWER)
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    session = check_strictly(CHROMIUM_OFFER, mended)
    assert session.bundle == ["1"]
    assert session.media[0].direction == "inactive"
    assert candidate_target(mended) == ("1", 1)
    assert has_video(mended)


def test_answer_without_a_section() -> None:
    """What a camera doesn't answer at all is declined in its name."""
    answer = ANSWER[: ANSWER.index("m=video")]
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    assert [media.port for media in check_strictly(CHROMIUM_OFFER, mended).media] == [9, 0]
    assert not has_video(mended)
    assert candidate_target(mended) == ("0", 0)


def test_codec_that_no_browser_plays() -> None:
    """H.265 and AAC are declined: a number of our own would be a lie."""
    answer = replaced("H264/90000", "H265/90000")(replaced("PCMU/8000", "MPEG4-GENERIC/8000")(ANSWER))
    session = check_answer(CHROMIUM_OFFER, repair_answer(answer, CHROMIUM_OFFER, talk=False))
    assert [media.port for media in session.media] == [0, 0]
    assert session.bundle is None


@pytest.mark.parametrize(
    ("fmtp", "number"),
    [
        ("packetization-mode=1;profile-level-id=42e028", "109"),
        ("packetization-mode=0;profile-level-id=42e01f", "115"),
        ("packetization-mode=1;profile-level-id=4d0029", "117"),
        ("profile-level-id=4D001F", "39"),
        ("packetization-mode=1;profile-level-id=640028", "109"),
        ("packetization-mode=1", "109"),
    ],
)
def test_h264_of_another_number(fmtp: str, number: str) -> None:
    """A number that was not offered becomes that of the same packetization and profile."""
    answer = re.sub(r"a=fmtp:109 [^\r]*", f"a=fmtp:109 {fmtp}", ANSWER).replace("109", "127")
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    assert check_strictly(CHROMIUM_OFFER, mended).media[1].formats == [number]


def test_offered_number_stays() -> None:
    """A format that was offered is what the camera sends, whatever its profile."""
    answer = replaced("109", "103")(ANSWER)
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    session = check_strictly(CHROMIUM_OFFER, mended)
    assert session.media[1].formats == ["103"]
    assert session.media[1].value("fmtp") == (
        "103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"
    )


@pytest.mark.parametrize(("formats", "kept"), [("8 0 101", ["8", "0"]), ("101 8", ["8"]), ("101", ["0"])])
def test_audio_formats(formats: str, kept: list[str]) -> None:
    """G.711 needs no description; an unknown number alone is taken for it."""
    answer = replaced("SAVPF 0\r", f"SAVPF {formats}\r")(without("a=rtpmap:0 .*")(ANSWER))
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    assert check_strictly(CHROMIUM_OFFER, mended).media[0].formats == kept


def test_session_level_attributes() -> None:
    """What the session says once holds for all media."""
    transport = "".join(
        line + "\r\n"
        for line in ANSWER.split("\r\n")[9:13]
        if line.startswith(("a=ice-ufrag", "a=ice-pwd", "a=fingerprint"))
    )
    assert transport.count("\r\n") == 3
    answer = without("a=(?:ice-ufrag|ice-pwd|fingerprint|setup|sendonly).*")(ANSWER)
    answer = replaced("m=audio", f"{transport}a=setup:passive\r\na=sendrecv\r\nm=audio", 1)(answer)
    session = check_strictly(CHROMIUM_OFFER, repair_answer(answer, CHROMIUM_OFFER, talk=False))
    assert [media.value("setup") for media in session.media] == ["passive", "passive"]
    assert {media.value("ice-ufrag") for media in session.media} == {"gXGv"}


def test_two_transports() -> None:
    """Media on transports of their own are no bundle."""
    head, audio, video = re.split(r"(?=m=)", without("a=group:BUNDLE.*")(ANSWER))
    answer = head + audio + video.replace("gXGv", "other").replace("RqTg3x0bzGoDwO3rBN6bXUGp", "R" * 24)
    session = check_answer(CHROMIUM_OFFER, repair_answer(answer, CHROMIUM_OFFER, talk=False))
    assert session.bundle == ["0"]
    assert [media.value("ice-ufrag") for media in session.media] == ["gXGv", "other"]


def test_incomplete_head() -> None:
    """Lines that every description begins with are written where the camera forgot them."""
    answer = "v=0\r\no=camera\r\n" + ANSWER[ANSWER.index("a=group") :]
    mended = repair_answer(answer, CHROMIUM_OFFER, talk=False)
    assert mended.startswith("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")
    _ = check_strictly(CHROMIUM_OFFER, mended)


def test_inactive_stays() -> None:
    """A camera that doesn't send says so."""
    answer = replaced("a=sendonly", "a=inactive", 1)(ANSWER)
    session = check_strictly(CHROMIUM_OFFER, repair_answer(answer, CHROMIUM_OFFER, talk=False))
    assert [media.direction for media in session.media] == ["inactive", "sendonly"]


@pytest.mark.parametrize(
    ("offered", "answered", "expected"),
    [
        ("sendonly", "sendrecv", "recvonly"),
        ("sendonly", "inactive", "inactive"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "recvonly", "recvonly"),
        ("sendrecv", "sendonly", "sendonly"),
    ],
)
def test_directions(offered: str, answered: str, expected: str) -> None:
    offer = CHROMIUM_TALK_OFFER.replace("a=sendrecv", f"a={offered}")
    answer = TALK_ANSWER.replace("a=sendrecv", f"a={answered}")
    session = check_strictly(offer, repair_answer(answer, offer, talk=True))
    assert session.media[0].direction == expected
    assert session.media[0].value("ptime") == ("30" if expected == "recvonly" else None)


@pytest.mark.parametrize(
    ("setup", "expected"), [("active", "passive"), ("passive", "active")], ids=["we begin", "the camera begins"]
)
def test_setup_of_an_offer_that_has_one(setup: str, expected: str) -> None:
    """After a restart of ICE some browsers keep their part in the handshake."""
    offer = replaced("a=setup:actpass", f"a=setup:{setup}")(CHROMIUM_OFFER)
    session = check_strictly(offer, repair_answer(ANSWER, offer, talk=False))
    assert [media.value("setup") for media in session.media] == [expected, expected]


def test_data_channel() -> None:
    """Other media than sound and pictures are answered as the camera does, or declined."""
    channel = crlf(
        """
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:Q93I
a=ice-pwd:P58s/ZyBRNVnuIxcrcmEmRG5
a=fingerprint:sha-256 E1:01
a=setup:actpass
a=mid:2
a=sctp-port:5000
a=max-message-size:262144
"""
    )
    offer = replaced("BUNDLE 0 1", "BUNDLE 0 1 2")(CHROMIUM_OFFER) + channel
    mended = repair_answer(ANSWER, offer, talk=False)
    assert mended.endswith(
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=inactive\r\n"
    )
    assert parse(mended).bundle == ["0", "1"]
    mended = repair_answer(ANSWER + channel, offer, talk=False)
    assert parse(mended).bundle == ["0", "1"]  # with a transport of its own, as its ufrag says
    assert mended.endswith("a=setup:active\r\na=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "nonsense",
        "v=0\r\n",
        "m=audio\r\n",
        without("a=fingerprint.*")(ANSWER),
        without("a=ice-ufrag.*")(ANSWER),
        without("a=ice-pwd.*")(ANSWER),
    ],
)
def test_no_answer_at_all(answer: str) -> None:
    with pytest.raises(SdpError):
        repair_answer(answer, CHROMIUM_OFFER, talk=False)


# Offers


def test_offer_of_the_frontend() -> None:
    """Home Assistant's player appends `a=[object RTCIceCandidate]`; that and header extensions don't go to the camera."""
    offer = prepare_offer(CHROMIUM_OFFER + FRONTEND_TAIL)
    assert offer.sdp == re.sub(r"(?m)^a=extmap.*\r\n", "", CHROMIUM_OFFER)
    assert offer.candidates == ()
    assert not offer.talk
    assert offer.peer.startswith("- 4529163812828363188 IN IP4 127.0.0.1 a=fingerprint:sha-256 ")
    assert offer.ufrags == {"Q93I"}


def test_microphone_on() -> None:
    assert prepare_offer(CHROMIUM_TALK_OFFER).talk
    assert not prepare_offer(replaced("m=audio 9", "m=audio 0")(CHROMIUM_TALK_OFFER)).talk
    assert prepare_offer(without("a=recvonly")(CHROMIUM_OFFER)).talk  # saying nothing means both ways


def test_candidates_are_lifted_out() -> None:
    """Candidates travel by themselves, each once and in their order; the end of them is nothing that an offer says."""
    offer = prepare_offer(
        f"{CHROMIUM_OFFER}a={MDNS}\r\na={HOST}\r\na={HOST}\r\na=candidate:\r\na=end-of-candidates\r\n"
    )
    assert offer.candidates == (MDNS, HOST)
    assert "candidate" not in offer.sdp


def test_audio_first() -> None:
    """Cameras answer in a mess to offers that begin with video; the BUNDLE group goes in the same order."""
    head, audio, video = re.split(r"(?=m=)", replaced("BUNDLE 0 1", "BUNDLE 1 0")(CHROMIUM_OFFER))
    browser_offer = head + video + audio
    offer = prepare_offer(browser_offer)
    session = parse(offer.sdp)
    assert [media.kind for media in session.media] == ["audio", "video"]
    assert session.bundle == ["0", "1"]
    # The browser gets its own order back
    mended = check_strictly(browser_offer, repair_answer(ANSWER, browser_offer, talk=False))
    assert [media.kind for media in mended.media] == ["video", "audio"]


def test_bundle_only() -> None:
    """Where everything has to be bundled, the second medium has port 0 in the offer, which is no rejection."""
    browser_offer = replaced("m=video 9 ", "m=video 0 ")(CHROMIUM_OFFER) + "a=bundle-only\r\n"
    offer = prepare_offer(browser_offer)
    assert "bundle-only" not in offer.sdp
    assert "m=video 9 " in offer.sdp
    assert check_strictly(browser_offer, repair_answer(ANSWER, browser_offer, talk=False)).media[1].port == 9


def test_fingerprints() -> None:
    """One fingerprint is enough for a camera."""
    longer = replaced("a=setup", "a=fingerprint:sha-512 AA:BB\r\na=setup", 2)(CHROMIUM_OFFER)
    assert prepare_offer(longer).sdp == prepare_offer(CHROMIUM_OFFER).sdp
    only = re.sub("sha-256", "sha-512", CHROMIUM_OFFER)
    assert "sha-512" in prepare_offer(only).sdp


def envelope(sdp: str) -> int:
    """Return the bytes of an offer's message with the longest values seen in it."""
    header = {
        "type": "offer",
        "from": "x" * 44,
        "to": "x" * 22,
        "sub_dev_id": "x" * 16,
        "sessionid": "x" * 32,
        "moto_id": "signaling14901",
        "tid": "",
    }
    msg = {"mode": "webrtc", "sdp": sdp, "stream_type": 1, "auth": "x" * 44}
    return len(
        json.dumps({"protocol": 302, "pv": "2.2", "t": 1600820048, "data": {"header": header, "msg": msg}}).encode()
    )


def padded(size: int) -> str:
    """Return an offer of at least so many bytes, as a browser with many codecs makes it."""
    offer = CHROMIUM_OFFER
    while len(offer) < size:
        offer += "a=rtcp-fb:96 tuya-has-nothing-to-do-with-this\r\n"
    return offer


def test_offers_of_today_fit() -> None:
    """No codec goes without need."""
    for offer in (CHROMIUM_OFFER, CHROMIUM_TALK_OFFER, FIREFOX_OFFER, SAFARI_OFFER):
        prepared = prepare_offer(offer)
        assert envelope(prepared.sdp) < 7500
        assert parse(prepared.sdp).media[1].formats == parse(offer).media[1].formats


def test_large_offer() -> None:
    """An offer that is too large loses what no camera speaks."""
    offer = prepare_offer(padded(8000))
    audio, video = parse(offer.sdp).media
    assert audio.formats == ["0", "8"]
    assert set(video.codecs.values()) == {"H264", "RTX"}
    assert video.formats[0] == "103"
    assert "apt=96" not in offer.sdp
    assert envelope(offer.sdp) < 7500
    # The answer to that is one to the browser's own offer
    _ = check_strictly(CHROMIUM_OFFER, repair_answer(ANSWER, CHROMIUM_OFFER, talk=False))


def test_least_offer() -> None:
    """With less room still, one format of H.264 is left, the one that cameras send."""
    offer = prepare_offer(padded(8000), limit=2200)
    audio, video = parse(offer.sdp).media
    assert audio.formats == ["0", "8"]
    assert video.formats == ["109"]
    assert envelope(offer.sdp) < 2600


def test_offer_that_is_nothing_but_large() -> None:
    """Whatever makes an offer large that no camera needs is left out in the end; what is left is a whole offer."""
    lines = "".join(f"a=ssrc:{number} cname:{'x' * 60}\r\n" for number in range(150))
    offer = prepare_offer(CHROMIUM_OFFER + lines)
    assert envelope(offer.sdp) < 7500
    assert "a=ssrc" not in offer.sdp
    audio, video = parse(offer.sdp).media
    assert (audio.formats, list(video.codecs.values())) == (["0", "8"], ["H264"])
    for attribute in ("ice-ufrag", "ice-pwd", "fingerprint", "setup", "mid"):
        assert audio.value(attribute) == parse(CHROMIUM_OFFER).media[0].value(attribute)
        assert video.value(attribute) == parse(CHROMIUM_OFFER).media[1].value(attribute)
    assert (audio.direction, video.direction) == ("recvonly", "recvonly")


def test_large_offer_with_a_data_channel() -> None:
    """What is neither sound nor picture keeps what it needs."""
    channel = crlf(
        """
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:Q93I
a=ice-pwd:P58s/ZyBRNVnuIxcrcmEmRG5
a=setup:actpass
a=mid:2
a=sctp-port:5000
a=max-message-size:262144
"""
    )
    lines = "".join(f"a=x-unknown:{number} {'x' * 60}\r\n" for number in range(150))
    offer = prepare_offer(CHROMIUM_OFFER + channel + lines)
    assert offer.sdp.endswith("a=mid:2\r\na=sctp-port:5000\r\n")
    assert envelope(offer.sdp) < 7500


def test_large_offer_without_sound_that_cameras_have() -> None:
    """There is nothing to choose from, so what there is stays."""
    opus = re.sub(r"(?m)^a=(?:rtpmap|fmtp|rtcp-fb):(?:0|8) .*\r\n", "", padded(8000)).replace(" 9 0 8 13 ", " 9 13 ")
    audio, video = parse(prepare_offer(opus).sdp).media
    assert "111" in audio.formats
    assert set(video.codecs.values()) == {"H264", "RTX"}


def test_offer_that_no_camera_takes() -> None:
    """It is refused here, in words, rather than by silence there."""
    endless = CHROMIUM_OFFER.replace("a=ice-pwd:", f"a=ice-pwd:{'x' * 4000}")
    with pytest.raises(SdpError, match="too large"):
        _ = prepare_offer(endless)


def test_offer_without_h264() -> None:
    """Cameras send nothing else to browsers."""
    with pytest.raises(SdpError, match=r"H\.264"):
        _ = prepare_offer(CHROMIUM_OFFER.replace("H264", "VP10"))
    assert prepare_offer(CHROMIUM_OFFER.partition("m=video")[0]).sdp.count("m=") == 1


def test_safari() -> None:
    """Its first format is H.264's high profile: what the camera sends is described as the browser offered it."""
    answer = check_strictly(SAFARI_OFFER, repair_answer(ANSWER, SAFARI_OFFER, talk=False))
    _, video = answer.media
    assert video.formats == ["98"]
    assert "profile-level-id=42e01f" in (video.value("fmtp") or "")


def test_firefox() -> None:
    """The direction of its session is not that of its media, and its fingerprint stands there alone."""
    offer = prepare_offer(FIREFOX_OFFER)
    assert not offer.talk
    assert offer.ufrags == {"2b7e9c41"}
    assert offer.peer.startswith(
        "mozilla...THIS_IS_SDPARTA-99.0 3714258096347528345 IN IP4 0.0.0.0 a=fingerprint:sha-256 4F:6E"
    )
    _, video = check_strictly(FIREFOX_OFFER, repair_answer(ANSWER, FIREFOX_OFFER, talk=False)).media
    assert video.formats == ["126"]


@pytest.mark.parametrize("sdp", ["", "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n", "m=audio 9\r\n", "\x00"])
def test_no_offer_at_all(sdp: str) -> None:
    with pytest.raises(SdpError):
        prepare_offer(sdp)


def test_origin() -> None:
    """Offers of one peer connection have one origin, whatever their version; a broken one has none."""
    again = replaced("8363188 2 IN", "8363188 3 IN")(CHROMIUM_OFFER)
    assert prepare_offer(again).peer == prepare_offer(CHROMIUM_OFFER).peer
    assert prepare_offer(CHROMIUM_TALK_OFFER).peer != prepare_offer(CHROMIUM_OFFER).peer
    assert prepare_offer(without("o=.*")(CHROMIUM_OFFER)).peer == ""
    assert prepare_offer(without("a=fingerprint.*")(CHROMIUM_OFFER)).peer == ""


def test_nothing_secret_is_shown() -> None:
    """Neither fingerprints nor passwords nor addresses stand in what may be logged."""
    shown = repr(prepare_offer(f"{CHROMIUM_OFFER}a={HOST}\r\n"))
    assert shown == "PreparedOffer(talk=False)"
