"""What was handed over already: by the queue's id, by the report's, and by the moment (A3, A5)."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    ActionAnswered,
    DeviceBound,
    DeviceEventFired,
    DeviceOffline,
    DeviceOnline,
    DeviceRenamed,
    Message,
    OtherMessage,
    ReportedValue,
    SeenMessages,
    StateReported,
    VoiceUnderstood,
)

T = 1790000000000


def make(
    *values: tuple[str, Any, int | None], data_id: str | None = "d1", kind: str = "statusReport", device: str = "dev"
) -> StateReported:
    return StateReported(
        device_id=device,
        time=T,
        kind=kind,
        product_id=None,
        data_id=data_id,
        values=tuple(ReportedValue(code=code, dp_id=None, value=value, time=time) for code, value, time in values),
    )


def test_a_message_is_new_once() -> None:
    seen = SeenMessages()
    assert [seen.note_message(one) for one in ("a", "b", "a", "b", "c")] == [True, True, False, False, True]


def test_memory_has_an_end_and_forgets_the_oldest() -> None:
    seen = SeenMessages(limit=3)
    assert all(seen.note_message(one) for one in "abcd")
    assert [seen.note_message(one) for one in "bcd"] == [False] * 3
    assert seen.note_message("a")
    for number in range(1000):
        seen.note_message(f"m{number}")
        seen.only_new(make(("a", number, T + number), data_id=f"d{number}"))
    assert len(seen) == 9


def test_what_is_known_does_not_grow_older() -> None:
    """An id that comes again and again takes no further room."""
    seen = SeenMessages(limit=2)
    for _ in range(10):
        seen.note_message("a")
    assert seen.note_message("b")
    assert not seen.note_message("a")


def test_the_same_report_is_taken_once() -> None:
    seen = SeenMessages()
    report = make(("a", True, T), ("b", 1, T))
    assert seen.only_new(report) is report
    assert seen.only_new(report) is None
    assert seen.only_new(replace(report, kind="devicePropertyMessage")) is None


def test_only_the_values_that_were_told_are_dropped() -> None:
    seen = SeenMessages()
    seen.only_new(make(("a", True, T)))
    rest = seen.only_new(make(("a", True, T), ("b", 1, T)))
    assert rest == make(("b", 1, T))


def test_another_report_with_the_same_value_is_news() -> None:
    """A button that was pressed twice within the second that its times are given in."""
    seen = SeenMessages()
    assert seen.only_new(make(("button", "click", T), data_id="d1"))
    assert seen.only_new(make(("button", "click", T), data_id="d2"))
    assert seen.only_new(make(("button", "click", T), data_id="d2")) is None


def test_a_report_that_goes_on_in_another_message_is_news() -> None:
    """With the same id and code, and another value: to drop that would lose it."""
    seen = SeenMessages()
    assert seen.only_new(make(("a", 1, T)))
    assert seen.only_new(make(("a", 2, T + 1)))
    assert seen.only_new(make(("a", 1, T + 2))) is None


def test_one_report_may_hold_a_history() -> None:
    history = make(("a", 1, T), ("a", 2, T), ("a", 1, T))
    assert SeenMessages().only_new(history) is history


def test_both_families_tell_the_same() -> None:
    """Each with data ids of its own, and with values of its own types."""
    seen = SeenMessages()
    pairs = [("a", True, "true"), ("b", 7, "7"), ("c", "on", "on"), ("e", {"h": 1, "s": 2}, {"s": 2, "h": 1})]
    for code, typed, text in pairs:
        old = make((code, text, T), data_id=f"old-{code}", kind="statusReport")
        core = make((code, typed, T), data_id=f"core-{code}", kind="devicePropertyMessage")
        assert seen.only_new(old) is old
        assert seen.only_new(core) is None


def test_two_families_and_two_presses_in_one_second() -> None:
    """Four messages in any order are two presses."""
    old_1, old_2 = (make(("x", "click", T), data_id=one, kind="statusReport") for one in ("o1", "o2"))
    core_1, core_2 = (make(("x", "click", T), data_id=one, kind="devicePropertyMessage") for one in ("c1", "c2"))
    for order in ([old_1, core_1, old_2, core_2], [old_1, old_2, core_1, core_2], [core_1, core_2, old_1, old_2]):
        seen = SeenMessages()
        assert sum(seen.only_new(one) is not None for one in order) == 2


@pytest.mark.parametrize(
    "other",
    [
        make(("a", True, T), data_id="d2", kind="devicePropertyMessage", device="other"),
        make(("b", True, T), data_id="d2", kind="devicePropertyMessage"),
        make(("a", False, T), data_id="d2", kind="devicePropertyMessage"),
        make(("a", True, T + 1), data_id="d2", kind="devicePropertyMessage"),
    ],
)
def test_another_device_code_value_or_time_is_news(other: StateReported) -> None:
    seen = SeenMessages()
    seen.only_new(make(("a", True, T)))
    assert seen.only_new(other) is other


def test_without_a_data_id_the_moment_decides() -> None:
    seen = SeenMessages()
    report = make(("a", True, T), data_id=None)
    assert seen.only_new(report) is report
    assert seen.only_new(report) is None
    assert seen.only_new(make(("a", True, T + 1), data_id=None)) is not None


def test_without_anything_to_know_it_by_it_is_news() -> None:
    seen = SeenMessages()
    report = make(("a", True, None), data_id=None)
    empty = make()
    for _ in range(2):
        assert seen.only_new(report) is report
        assert seen.only_new(empty) is empty


def fired(time: int | None = T, **params: Any) -> DeviceEventFired:
    return DeviceEventFired(device_id="dev", time=time, kind="deviceEventMessage", event_code="ring", params=params)


def test_events_and_sentences_are_taken_once() -> None:
    once: list[Message] = [
        fired(),
        fired(a=1),
        fired(T + 1),
        ActionAnswered(device_id="dev", time=T, kind="x", action_code="ring", params={}),
        VoiceUnderstood(
            device_id="dev",
            time=T,
            kind="voice_nlu",
            nlu=({"text": "a"},),
            uid=None,
            text="a",
            intent=None,
            domain=None,
        ),
        VoiceUnderstood(
            device_id="dev",
            time=T,
            kind="voice_nlu",
            nlu=({"text": "b"},),
            uid=None,
            text="b",
            intent=None,
            domain=None,
        ),
    ]
    seen = SeenMessages()
    assert [seen.only_new(one) for one in once] == once
    assert [seen.only_new(one) for one in once] == [None] * len(once)


def test_an_event_without_a_time_is_news() -> None:
    seen = SeenMessages()
    assert seen.only_new(fired(None)) and seen.only_new(fired(None))


def test_what_may_be_told_twice_is_never_dropped() -> None:
    """On, off and on within the second that their times are given in must end with on."""
    online = DeviceOnline(device_id="dev", time=T, kind="online")
    offline = DeviceOffline(device_id="dev", time=T, kind="offline")
    renamed = DeviceRenamed(device_id="dev", time=T, kind="nameUpdate", name="a")
    bound = DeviceBound(device_id="dev", time=T, kind="bind", name=None, uid=None, product_id=None, parent_id=None)
    other = OtherMessage(device_id=None, time=T, kind="x", data={})
    seen = SeenMessages()
    told: list[Message] = [online, offline, online, renamed, renamed, bound, bound, other, other]
    assert [seen.only_new(one) for one in told] == told
