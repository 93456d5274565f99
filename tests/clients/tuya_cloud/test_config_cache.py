"""What is kept of how to view each camera."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
import itertools
import json
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.config_cache import WebRtcConfigCache
from custom_components.iot_gateway.clients.tuya_cloud.errors import CannotReachCloud
from custom_components.iot_gateway.clients.tuya_cloud.webrtc_config import HD, SD, IceServer, StreamInfo, WebRtcConfig

START: Final = 1_600_000_000.0
STUN: Final = IceServer(urls="stun:host:3478")
STREAMS: Final = (StreamInfo(stream_type=HD, width=1920, height=1080, codec="h264"), StreamInfo(stream_type=SD))


def config_until(end: float | None, **changes: Any) -> WebRtcConfig:
    """Return a configuration with TURN until then."""
    turn = () if end is None else (IceServer(urls="turn:host", username="u", credential="secret", expires_at=end),)
    config = WebRtcConfig(
        auth="auth-1",
        moto_id="moto_1",
        supports_webrtc=True,
        streams=STREAMS,
        ice_servers=(STUN, *turn),
        expires_at=end,
    )
    return replace(config, **changes)


class Cloud:
    """Answers for configurations, and a clock that moves when something waits."""

    def __init__(self) -> None:
        self.now = START
        self.lifetime: float | None = 36000.0
        self.changes: dict[str, Any] = {}
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.stands_still = False
        self.asked: list[tuple[float, str]] = []
        self.changed = 0
        self.cache = self.make()

    def make(self) -> WebRtcConfigCache:
        return WebRtcConfigCache(self.fetch, now=lambda: self.now, sleep=self.sleep, on_changed=self.has_changed)

    async def sleep(self, seconds: float) -> None:
        if self.stands_still:
            await asyncio.Event().wait()
        self.now += seconds
        await asyncio.sleep(0)

    def has_changed(self) -> None:
        self.changed += 1

    async def fetch(self, device_id: str) -> WebRtcConfig:
        self.asked.append((self.now - START, device_id))
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return config_until(None if self.lifetime is None else self.now + self.lifetime, **self.changes)

    @property
    def cameras(self) -> list[str]:
        return [device_id for _, device_id in self.asked]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.cache.close()
    await settle()


async def test_warm(cloud: Cloud) -> None:
    """What is known costs no call."""
    config = await cloud.cache.fetch("a")
    for _ in range(100):
        assert await cloud.cache.fetch("a") is config
        assert cloud.cache.get("a") is config
        assert len(cloud.cache.ice_servers("a")) == 2
    await settle()
    assert cloud.cameras == ["a"]


async def test_unknown(cloud: Cloud) -> None:
    """The first one who asks has it fetched, and does not wait for it."""
    assert cloud.cache.get("a") is None
    assert cloud.cache.ice_servers("a") == ()
    await settle()
    assert cloud.cache.get("a") is not None
    assert cloud.cameras == ["a"]


async def test_many_at_once(cloud: Cloud) -> None:
    """Of many who wait one asks; who leaves takes nothing from the others."""
    cloud.gate = asyncio.Event()
    tasks = [asyncio.create_task(cloud.cache.fetch("a")) for _ in range(5)]
    await settle()
    tasks[0].cancel()
    await settle()
    cloud.gate.set()
    configs = await asyncio.gather(*tasks[1:])
    assert tasks[0].cancelled()
    assert all(config is configs[0] for config in configs)
    assert cloud.cameras == ["a"]


@pytest.mark.parametrize(
    ("lifetime", "fresh_for"),
    [
        # Ten minutes before the end of TURN, at most six hours; renewed for a viewer when a tenth of that is left
        (36000.0, 0.9 * 6 * 3600),
        (3600.0, 0.9 * 3000),
        (None, 0.9 * 6 * 3600),
        # Credentials that are about to end, or ended long ago by our clock
        (600.0, 60.0),
        (-5000.0, 60.0),
    ],
)
async def test_life(cloud: Cloud, lifetime: float | None, fresh_for: float) -> None:
    """Served stale at once, renewed behind the viewer's back."""
    cloud.lifetime = lifetime
    old = await cloud.cache.fetch("a")
    cloud.now += fresh_for - 1
    assert cloud.cache.get("a") is old
    await settle()
    assert len(cloud.asked) == 1
    cloud.now += 2
    assert await cloud.cache.fetch("a") is old
    await settle()
    assert len(cloud.asked) == 2
    assert cloud.cache.get("a") is not old


async def test_ended_credentials(cloud: Cloud) -> None:
    """A server whose credentials have ended would end the player, so it is not named."""
    cloud.lifetime = 3600.0
    config = await cloud.cache.fetch("a")
    cloud.error = CannotReachCloud("no way")
    cloud.now += 3601
    assert cloud.cache.get("a") is config
    assert cloud.cache.ice_servers("a") == (STUN,)


async def test_failures(cloud: Cloud) -> None:
    """What is known is served on; the next attempts come rarer and rarer."""
    config = await cloud.cache.fetch("a")
    cloud.error = CannotReachCloud("no way")
    cloud.now += 30_000
    begun = cloud.now - START
    for _ in range(4 * 3600):
        cloud.now += 1
        assert cloud.cache.get("a") is config
        await asyncio.sleep(0)
    await settle()
    times = [at - begun for at, _ in cloud.asked[1:]]
    assert [round(later - sooner) for sooner, later in itertools.pairwise(times)][:7] == [
        30,
        60,
        120,
        240,
        480,
        960,
        1920,
    ]
    assert max(later - sooner for sooner, later in itertools.pairwise(times)) <= 3602
    assert cloud.cache.failures == len(times)
    cloud.error = None
    cloud.now += 3600
    _ = cloud.cache.get("a")
    await settle()
    assert cloud.cache.get("a") is not config


async def test_defect(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody has foreseen is told, and asked for no more often than any other."""
    _ = await cloud.cache.fetch("a")
    cloud.now += 36000.0
    cloud.error = ValueError("unforeseen")
    running = asyncio.create_task(cloud.cache.run())
    _ = cloud.cache.get("a")
    begun = cloud.now
    while cloud.now < begun + 4 * 3600:
        await asyncio.sleep(0)
    _ = running.cancel()
    assert len(cloud.asked) < 15
    assert cloud.cache.failures == len(cloud.asked) - 1
    assert caplog.text.count("ValueError: unforeseen") == cloud.cache.failures


async def test_nothing_known(cloud: Cloud) -> None:
    """Then a viewer is told why, each time, and nobody else hears of it."""
    cloud.error = CannotReachCloud("no way")
    for _ in range(2):
        with pytest.raises(CannotReachCloud):
            await cloud.cache.fetch("a")
    cloud.error = None
    assert (await cloud.cache.fetch("a")).auth == "auth-1"


async def test_refresh(cloud: Cloud) -> None:
    """A camera that doesn't answer is asked about anew, not more than once a minute."""
    old = await cloud.cache.fetch("a")
    assert await cloud.cache.refresh("a") is old
    cloud.now += 61
    cloud.changes = {"moto_id": "moto_2"}
    new = await cloud.cache.refresh("a")
    assert new.moto_id == "moto_2"
    assert await cloud.cache.refresh("a") is new
    assert cloud.cache.get("a") is new
    assert len(cloud.asked) == 2


async def test_refresh_fails(cloud: Cloud) -> None:
    config = await cloud.cache.fetch("a")
    cloud.now += 61
    cloud.error = CannotReachCloud("no way")
    with pytest.raises(CannotReachCloud):
        await cloud.cache.refresh("a")
    assert cloud.cache.get("a") is config


async def test_preparing(cloud: Cloud) -> None:
    """After a start, one camera a second, and only those of which nothing is known."""
    _ = await cloud.cache.fetch("b")
    cloud.asked.clear()
    await cloud.cache.prepare(["a", "b", "c", "d"])
    assert cloud.cameras == ["a", "c", "d"]
    times = [at for at, _ in cloud.asked]
    assert all(later - sooner >= 1 for sooner, later in itertools.pairwise(times))


async def test_preparing_without_cloud(cloud: Cloud) -> None:
    cloud.error = CannotReachCloud("no way")
    await cloud.cache.prepare(["a", "b"])
    await cloud.cache.prepare(["a", "b"])
    assert cloud.cameras == ["a", "b"]


async def test_viewer_does_not_wait_in_line(cloud: Cloud) -> None:
    """A viewer's camera is asked about at once, whoever else is waiting for a turn."""
    cloud.stands_still = True
    for name in "abcde":
        _ = cloud.cache.get(name)
    await settle()
    assert cloud.cameras == ["a"]
    # One that waits behind others, and the one whose turn is next
    assert (await cloud.cache.fetch("e")).auth == "auth-1"
    assert (await cloud.cache.fetch("b")).auth == "auth-1"
    assert cloud.cameras == ["a", "e", "b"]
    cloud.stands_still = False
    cloud.cache.close()
    await settle()
    await cloud.cache.prepare("abcde")
    assert cloud.cameras == ["a", "e", "b", "c", "d"]


async def test_renewed_in_time(cloud: Cloud) -> None:
    """Credentials of what viewers use are always good; those of what nobody uses are renewed a few times a day."""
    cloud.lifetime = 3600.0
    _ = await cloud.cache.fetch("viewed")
    _ = await cloud.cache.fetch("forgotten")
    cloud.cache._entries["forgotten"].viewed_at -= 4 * 3600
    task = asyncio.create_task(cloud.cache.run())
    while cloud.now < START + 2.9 * 3600:
        await asyncio.sleep(0)
        assert len(cloud.cache._entries["viewed"].config.usable_ice_servers(cloud.now)) == 2  # type: ignore[union-attr]
    assert cloud.cameras.count("forgotten") == 1
    cloud.asked.clear()
    while cloud.now < START + 27 * 3600:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert cloud.cameras.count("forgotten") == 5
    # Three hours after the last viewer it is as any other
    assert cloud.cameras.count("viewed") <= 6


@pytest.mark.parametrize("lifetime", [3600.0, 36000.0])
async def test_views_cost_nothing(cloud: Cloud, lifetime: float) -> None:
    """Whenever a viewer comes within hours of the one before, what they need is there, TURN included, without a call."""
    cloud.lifetime = lifetime
    _ = await cloud.cache.fetch("a")
    task = asyncio.create_task(cloud.cache.run())
    begin = cloud.now
    while cloud.now < begin + 20 * 3600:
        at = cloud.now
        while cloud.now < at + 0.3 * 3600:
            await asyncio.sleep(0)
        cloud.stands_still = True
        await settle()
        asked = len(cloud.asked)
        for second in range(60):
            cloud.now += second / 60
            assert len(cloud.cache.ice_servers("a")) == 2
        await settle()
        assert len(cloud.asked) == asked
        cloud.stands_still = False
        task.cancel()
        await asyncio.wait([task])
        task = asyncio.create_task(cloud.cache.run())
    task.cancel()
    await asyncio.wait([task])
    assert len(cloud.asked) > 3


async def test_idle_for_days(cloud: Cloud) -> None:
    """Where credentials live for ten hours, a view after days finds good ones, and costs no call."""
    _ = await cloud.cache.fetch("a")
    task = asyncio.create_task(cloud.cache.run())
    while cloud.now < START + 7 * 86400:
        await asyncio.sleep(0)
        assert len(cloud.cache._entries["a"].config.usable_ice_servers(cloud.now)) == 2  # type: ignore[union-attr]
    asked = len(cloud.asked)
    assert asked <= 7 * 5 + 1
    for _ in range(10):
        assert len(cloud.cache.ice_servers("a")) == 2
    await settle()
    assert len(cloud.asked) == asked
    task.cancel()
    await asyncio.wait([task])


async def test_what_nobody_can_view(cloud: Cloud) -> None:
    """Whether it still cannot be viewed is asked once a day; of what is not known at all others decide."""
    cloud.changes = {"supports_webrtc": False}
    _ = await cloud.cache.fetch("a")
    _ = cloud.cache._entries.setdefault("unknown", type(cloud.cache._entries["a"])())
    task = asyncio.create_task(cloud.cache.run())
    while cloud.now < START + 3.5 * 86400:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert cloud.cameras == ["a"] * 4


async def test_renewed_while_it_is_used(cloud: Cloud) -> None:
    cloud.lifetime = 3600.0
    _ = await cloud.cache.fetch("a")
    task = asyncio.create_task(cloud.cache.run())
    while cloud.now < START + 2 * 3600:
        await asyncio.sleep(0)
        assert len(cloud.cache._entries["a"].config.usable_ice_servers(cloud.now)) == 2  # type: ignore[union-attr]
    task.cancel()
    await asyncio.wait([task])
    assert len(cloud.asked) == 3


# Over a restart


async def test_snapshot(cloud: Cloud) -> None:
    """All of it is kept: the first viewer after a restart has TURN, and asks for nothing."""
    cloud.changes = {
        "two_way": True,
        "can_switch_clarity": True,
        "low_power": True,
        "has_speaker_control": True,
        "can_record": True,
        "default_stream": HD,
        "sub_dev_id": "0102",
    }
    config = await cloud.cache.fetch("a")
    text = json.dumps(cloud.cache.snapshot())
    cloud.asked.clear()
    cloud.now += 4 * 3600

    restarted = cloud.make()
    restarted.restore(json.loads(text))
    assert restarted.snapshot() == cloud.cache.snapshot()
    assert restarted.peek("a") == config
    assert restarted.peek("b") is None
    assert restarted.get("a") == config
    assert len(restarted.ice_servers("a")) == 2
    await settle()
    assert cloud.cameras == []
    assert restarted.as_dict()["cameras"]["a"]["age"] == 4 * 3600
    restarted.close()


@pytest.mark.parametrize(("away", "servers"), [(6 * 3600, 2), (36_001, 1)])
async def test_restart_after_a_long_time(cloud: Cloud, away: float, servers: int) -> None:
    """What was to be renewed meanwhile is, soon, whether somebody comes or not; until then the rest of it is served."""
    config = await cloud.cache.fetch("a")
    restarted = cloud.make()
    cloud.now += away
    restarted.restore(json.loads(json.dumps(cloud.cache.snapshot())))
    assert restarted.peek("a") == config
    assert len(config.usable_ice_servers(cloud.now)) == servers
    await restarted.prepare(["a"])
    assert len(cloud.asked) == 1
    task = asyncio.create_task(restarted.run())
    while cloud.now < START + away + 70:
        await asyncio.sleep(0)
    assert len(cloud.asked) == 2
    assert len(restarted.ice_servers("a")) == 2
    task.cancel()
    await asyncio.wait([task])


async def test_clock_that_was_put_back(cloud: Cloud) -> None:
    """What was fetched in the future is renewed."""
    _ = await cloud.cache.fetch("a")
    cloud.now -= 86400
    restarted = cloud.make()
    restarted.restore(cloud.cache.snapshot())
    assert restarted.get("a") is not None
    await settle()
    assert len(cloud.asked) == 2
    restarted.close()


async def test_restart_costs_no_call(cloud: Cloud) -> None:
    _ = await cloud.cache.fetch("a")
    restarted = cloud.make()
    restarted.restore(cloud.cache.snapshot())
    await restarted.prepare(["a"])
    task = asyncio.create_task(restarted.run())
    while cloud.now < START + 4 * 3600:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert cloud.cameras == ["a"]


async def test_refresh_of_what_was_restored(cloud: Cloud) -> None:
    cloud.cache.restore({"version": 1, "cameras": {"a": {"auth": "old", "moto_id": "m", "supports_webrtc": True}}})
    assert cloud.cache._entries["a"].config == WebRtcConfig(auth="old", moto_id="m", supports_webrtc=True)
    assert (await cloud.cache.refresh("a")).auth == "auth-1"


async def test_restore_does_not_overwrite(cloud: Cloud) -> None:
    config = await cloud.cache.fetch("a")
    cloud.cache.restore({"version": 1, "cameras": {"a": {"auth": "old", "moto_id": "m", "supports_webrtc": True}}})
    assert cloud.cache.get("a") is config


@pytest.mark.parametrize(
    "snapshot",
    [
        None,
        [],
        {},
        {"version": 1},
        {"version": 1, "cameras": []},
        {"version": 2, "cameras": {"a": {"auth": "x", "moto_id": "m", "supports_webrtc": True}}},
        {"version": 1, "cameras": {"a": None}},
        {"version": 1, "cameras": {"a": {"auth": 1, "moto_id": "m", "supports_webrtc": True}}},
        {"version": 1, "cameras": {"a": {"moto_id": "m", "supports_webrtc": True}}},
    ],
)
async def test_snapshots_of_others(cloud: Cloud, snapshot: Any) -> None:
    cloud.cache.restore(snapshot)
    assert cloud.cache.snapshot()["cameras"] == {}


async def test_odd_parts_of_a_snapshot(cloud: Cloud) -> None:
    """What is not understood is left out, and the rest is there."""
    camera = {
        "auth": "x",
        "moto_id": "m",
        "supports_webrtc": True,
        "streams": [None, {"stream_type": "x"}, {"stream_type": 1, "width": 2, "height": 3, "codec": "h264"}],
        "stun": [None, "stun:a"],
        "turn": [None, {"urls": "turn:a"}, {"urls": "turn:b", "username": "u", "credential": 1}],
        "fetched_at": "soon",
        "good_until": None,
        "default_stream": "x",
        "sub_dev_id": 1,
        "two_way": "yes",
    }
    cloud.cache.restore({"version": 1, "cameras": {"a": camera}})
    assert cloud.cache._entries["a"].config == WebRtcConfig(
        auth="x",
        moto_id="m",
        supports_webrtc=True,
        streams=(StreamInfo(stream_type=1, width=2, height=3, codec="h264"),),
        ice_servers=(IceServer(urls="stun:a"),),
    )


async def test_changes_are_told(cloud: Cloud) -> None:
    """The disk is written to when the cloud was asked, which is a few times a day, and when a camera is gone."""
    _ = await cloud.cache.fetch("a")
    assert cloud.changed == 1
    for _ in range(100):
        _ = cloud.cache.get("a")
    assert cloud.changed == 1
    cloud.now += 61
    _ = await cloud.cache.refresh("a")
    assert cloud.changed == 2
    cloud.cache.forget("a")
    cloud.cache.forget("a")
    assert cloud.changed == 3
    assert cloud.cache.snapshot()["cameras"] == {}


async def test_forgetting_while_asking(cloud: Cloud) -> None:
    cloud.gate = asyncio.Event()
    _ = cloud.cache.get("a")
    await settle()
    cloud.cache.forget("a")
    cloud.gate.set()
    await settle()
    assert cloud.cache.as_dict()["cameras"] == {}


async def test_report(cloud: Cloud) -> None:
    """The state of it all, without secrets."""
    cloud.lifetime = 3600.0
    _ = await cloud.cache.fetch("a")
    cloud.cache.restore({"version": 1, "cameras": {"b": {"auth": "old", "moto_id": "m", "supports_webrtc": True}}})
    cloud.now += 100
    report = cloud.cache.as_dict()
    assert json.loads(json.dumps(report)) == {
        "fetches": 1,
        "failures": 0,
        "cameras": {
            "a": {
                "known": True,
                "restored": False,
                "age": 100,
                "good_for": 2900,
                "ice_servers": 2,
                "streams": [
                    {"stream_type": 0, "width": 1920, "height": 1080, "codec": "h264"},
                    {"stream_type": 1, "width": 0, "height": 0, "codec": ""},
                ],
            },
            "b": {"known": True, "restored": True, "age": None, "good_for": None, "ice_servers": 0, "streams": []},
        },
    }
