"""The simulated home: its devices, what they do by themselves, homes from files."""

import asyncio
import base64
from collections.abc import Callable
from itertools import pairwise
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulators.tuya_gateway import (
    BadDescription,
    SimulatedDevice,
    TuyaGatewaySimulator,
    demo_home,
    load_home,
    synthetic_home,
)
from simulators.tuya_gateway.behaviours import behaviours_of
from simulators.tuya_gateway.behaviours.power import parse_phase, word_phase
from simulators.tuya_gateway.life import Life
from simulators.tuya_gateway.schema import boolean, check_value, enum, integer

type Reports = list[tuple[str, dict[str, Any]]]


class Home:
    """A simulator that nobody listens to, its life, and what was reported."""

    def __init__(self, devices: list[SimulatedDevice], *, seed: int = 1) -> None:
        self.simulator = TuyaGatewaySimulator(devices)
        self.reports: Reports = []
        real = self.simulator.report

        async def report(devid: str, values: dict[str, Any]) -> None:
            self.reports.append((devid, dict(values)))
            await real(devid, values)

        self.simulator.report = report  # type: ignore[method-assign,assignment]
        self.life = Life(self.simulator, seed=seed)

    def device(self, name: str) -> SimulatedDevice:
        return next(device for device in self.simulator.devices.values() if device.name == name)

    async def run(self, seconds: float, step: float = 1.0) -> None:
        for _ in range(round(seconds / step)):
            await self.life.step(step)

    async def run_until(self, condition: Callable[[], bool], most: float = 86400.0) -> float:
        """Let time go by until a condition holds; return how long that took."""
        elapsed = 0.0
        while not condition():
            await self.life.step(1.0)
            elapsed += 1.0
            assert elapsed <= most
        return elapsed

    def command(self, device: SimulatedDevice, **values: Any) -> None:
        """Do what a set_value does to the state."""
        device.value.update(values)
        for listener in self.simulator.command_listeners:
            listener(device, values)

    def values(self, name: str, code: str) -> list[Any]:
        devid = self.device(name).id
        return [values[code] for one, values in self.reports if one == devid and code in values]


def home_of(name: str) -> tuple[Home, SimulatedDevice]:
    home = Home([device for device in demo_home() if device.name == name])
    return home, home.device(name)


# The demo home


def test_demo_home_is_a_whole_home() -> None:
    home = demo_home()
    assert len(home) >= 26
    assert len({device.category for device in home}) >= 20
    assert len({device.id for device in home}) == len({device.name for device in home}) == len(home)
    assert {len(device.id) for device in home} == {16}
    assert all(int(device.id, 16) for device in home)
    assert [device.name for device in home if not device.online] == ["Attic climate"]
    wanted = (
        "dj kg tdq cz pc cl wk wkf kt fs jsq cs hjjcy co2bj mcs pir hps wsdcg sj ywbj rqbj zd sos wxkg sgbj ms ckmkzq"
    )
    assert {*wanted.split(), "sfkzq", "ggq", "zndb", "dlq", "zwjcy"} <= {device.category for device in home}


def test_demo_home_s_odd_device_has_every_type_in_every_access() -> None:
    odd = next(device for device in demo_home() if device.category == "qtxyz")
    writable = {entry["type"] for entry in odd.function}
    read_only = {entry["type"] for entry in odd.status if odd.writable(entry["code"]) is None}
    assert writable == {"Boolean", "Integer", "Enum", "String", "Json", "Raw"}
    assert read_only == {"Boolean", "Integer", "Float", "Enum", "String", "Json", "Raw", "Bitmap"}
    assert [entry["code"] for entry in odd.function if odd.value.get(entry["code"]) is None] == ["feed_now"]


def _check_state(device: SimulatedDevice) -> None:
    for code, value in device.value.items():
        entry = device.entry(code)
        assert entry is not None, code
        check_value(entry, value)
        assert isinstance(json.loads(entry["values"]), dict)


def test_demo_home_s_values_suit_their_schemas() -> None:
    for device in demo_home():
        assert {entry["code"] for entry in device.status} == set(device.value)
        _check_state(device)


def test_demo_home_is_new_each_time() -> None:
    first, second = demo_home(), demo_home()
    assert first == second
    first[0].value["switch_led"] = "changed"
    assert first != second


# Life as a whole


async def test_values_stay_in_their_schemas() -> None:
    """For six hours, in which much happens."""
    home = Home(demo_home())
    await home.run(6 * 3600, step=7.0)
    assert len(home.reports) > 5000
    for device in home.simulator.devices.values():
        _check_state(device)
    assert len({devid for devid, _ in home.reports}) >= 20


async def test_life_is_the_same_for_the_same_seed() -> None:
    first, second, other = Home(demo_home(), seed=5), Home(demo_home(), seed=5), Home(demo_home(), seed=6)
    for home in (first, second, other):
        await home.run(300)
    assert first.reports == second.reports
    assert first.reports != other.reports


async def test_devices_live_independently() -> None:
    """A device's reports don't depend on which others there are."""
    everyone = Home(demo_home())
    alone, device = home_of("Hallway motion")
    await everyone.run(600)
    await alone.run(600)
    assert alone.reports == [report for report in everyone.reports if report[0] == device.id] != []


async def test_offline_devices_do_nothing() -> None:
    home = Home([device for device in demo_home() if not device.online])
    await home.run(3600, step=10)
    assert home.reports == []
    await home.simulator.set_online(next(iter(home.simulator.devices)), True)
    await home.run(3600, step=10)
    assert home.reports


async def test_devices_join_and_leave_a_life() -> None:
    home = Home([])
    newcomer = next(device for device in demo_home() if device.name == "Balcony climate")
    await home.simulator.add_device(newcomer)
    await home.run(600)
    assert home.reports
    count = len(home.reports)
    await home.simulator.remove_device(newcomer.id)
    await home.run(600)
    assert len(home.reports) == count


async def test_step_counts_reports() -> None:
    home, _ = home_of("Balcony climate")
    assert sum([await home.life.step(10) for _ in range(60)]) == len(home.reports) > 0


async def test_life_in_the_background() -> None:
    home, device = home_of("Balcony climate")
    home.life.rate = 100_000.0
    before = dict(device.value)
    async with home.life:
        assert home.life.running
        home.life.start(0.005)  # does nothing: it runs
        await home.life.stop()
        home.life.start(0.005)
        async with asyncio.timeout(20):
            while device.value == before:
                await asyncio.sleep(0.005)
    assert not home.life.running


@pytest.mark.parametrize("devices", [synthetic_home(3)])
async def test_synthetic_homes_stand_still(devices: list[SimulatedDevice]) -> None:
    home = Home(devices)
    await home.run(3600, step=60)
    assert home.reports == []


# Single behaviours


async def test_temperature_drifts_around_home() -> None:
    home, device = home_of("Nursery climate")
    await home.run(4 * 3600, step=10)
    readings = home.values(device.name, "va_temperature")
    assert len(set(readings)) > 5
    assert 180 < min(readings) < 218 < max(readings) < 256
    assert all(one != other for one, other in pairwise(readings))


async def test_fast_steps_report_at_most_every_ten_seconds() -> None:
    home, device = home_of("Nursery climate")
    await home.run(300)
    assert 0 < len(home.values(device.name, "va_temperature")) <= 30


async def test_batteries_run_down_and_not_when_charged() -> None:
    home = Home([device for device in demo_home() if device.name in ("Ficus", "Siren")])
    home.device("Siren").value["battery_percentage"] = 50
    await home.run(20 * 24 * 3600, step=600)
    assert home.device("Ficus").value["battery_percentage"] < 30
    assert home.device("Siren").value["battery_percentage"] == 50
    home.device("Ficus").value["battery_percentage"] = 1
    await home.run(20 * 24 * 3600, step=600)
    assert home.device("Ficus").value["battery_percentage"] == 1


async def test_motion_comes_and_goes() -> None:
    home, device = home_of("Hallway motion")
    await home.run_until(lambda: device.value["pir"] == "pir", most=1800)
    assert 3 <= await home.run_until(lambda: device.value["pir"] == "none") <= 60
    assert home.reports == [(device.id, {"pir": "pir"}), (device.id, {"pir": "none"})]


async def test_devices_with_words_of_their_own() -> None:
    """A real one says "nopir", which isn't even in its range; another one can't say that somebody is there."""
    motion = SimulatedDevice("m", "pir", status=[enum("pir", "pir")], value={"pir": "nopir"}, name="Motion")
    soil = SimulatedDevice("s", "hps", status=[enum("presence_state", "none")], value={"presence_state": "none"})
    alarm = SimulatedDevice("a", "mal", status=[boolean("switch_mode_sound")], value={"switch_mode_sound": True})
    home = Home([motion, soil, alarm])
    await home.run(3600)
    assert home.values("Motion", "pir")[:3] == ["pir", "nopir", "pir"]
    assert {devid for devid, _ in home.reports} == {"m"}


async def test_buttons_are_pressed_also_twice_alike() -> None:
    home, _ = home_of("Bedside wireless switch")
    await home.run(3 * 3600)
    presses = [values for _, values in home.reports if "battery_percentage" not in values]
    assert {code for values in presses for code in values} == {f"switch_mode{gang}" for gang in range(1, 5)}
    assert {value for values in presses for value in values.values()} == {"click", "double_click", "press"}
    assert any(one == other for one, other in pairwise(presses))


async def test_socket_counts_energy_in_increments() -> None:
    """487 W for ten hours are 4.87 kWh: the sum of all add_ele, each of which is what came since the one before."""
    home, device = home_of("Washing machine plug")
    await home.run(10 * 3600, step=5)
    increments = home.values(device.name, "add_ele")
    assert sum(increments) == pytest.approx(4870, rel=0.03)
    assert set(increments) <= {10, 11}
    # P = U · I, in 0.1 W, 0.1 V and mA.
    value = device.value
    assert value["cur_power"] == pytest.approx(value["cur_voltage"] * value["cur_current"] / 1000, rel=0.02)


async def test_socket_that_is_off_takes_nothing() -> None:
    home, device = home_of("TV socket")
    home.command(device, switch_1=False)
    await home.life.step(1)
    assert (device.value["cur_power"], device.value["cur_current"]) == (0, 0)
    home.reports.clear()
    await home.run(3600, step=5)
    assert home.values(device.name, "add_ele") == home.values(device.name, "cur_power") == []
    home.command(device, switch_1=True)
    await home.run(10)
    assert device.value["cur_power"] == pytest.approx(832, rel=0.3)


async def test_meter_s_total_only_grows() -> None:
    home, device = home_of("Main meter")
    before = device.value["forward_energy_total"]
    watts = sum(phase[2] for code in "abc" if (phase := parse_phase(device.value[f"phase_{code}"])))
    await home.run(5 * 3600, step=5)
    totals = home.values(device.name, "forward_energy_total")
    assert totals == sorted(totals)
    assert totals[-1] - before == pytest.approx(watts * 5 / 10, rel=0.05)


@pytest.mark.parametrize(
    ("name", "flow", "total", "grown"),
    [
        # 10.95 kW for five hours in 0.01 kWh, 2.14 kW in 0.01 kWh, 6.4 L/min in litres
        ("Wallbox", "power_total", "charge_energy_once", 5475),
        ("House battery", "pv_power_total", "cumulative_energy_generated_pv", 1070),
        ("Water meter", "flow_velocity", "water_use_data", 1920),
    ],
)
async def test_totals_grow_with_what_flows(name: str, flow: str, total: str, grown: int) -> None:
    home, device = home_of(name)
    before = device.value[total]
    await home.run(5 * 3600, step=5)
    totals = home.values(name, total)
    assert totals == sorted(totals)
    assert totals[-1] - before == pytest.approx(grown, rel=0.05)
    assert len(set(home.values(name, flow))) > 10


def test_phase_layout() -> None:
    """230.4 V, 5.42 A, 1241 W: 2, 3 and 3 bytes."""
    assert parse_phase("CQAAFSwABNk=") == (230.4, 5.42, 1241.0)
    assert base64.b64decode(word_phase(230.4, 1241)).hex() == "0900" + "00150a" + "0004d9"
    assert [parse_phase(value) for value in (None, "AAAA", "!", "A")] == [None] * 4


async def test_cover_travels() -> None:
    """20 s for the whole way; 0 is open, as the motor's direction is forward."""
    home, device = home_of("Living room curtain")
    home.command(device, control="close")
    await home.run(5)
    assert device.value["percent_state"] == 25
    assert device.value["work_state"] == "closing"
    assert await home.run_until(lambda: device.value["percent_state"] == 100) == 15
    assert device.value["situation_set"] == "fully_close"
    assert device.value["percent_control"] == 100
    home.command(device, percent_control=40)
    await home.run(30)
    assert (device.value["percent_state"], device.value["work_state"]) == (40, "opening")
    home.command(device, control="open")
    await home.run(4)
    home.command(device, control="stop")
    await home.run(30)
    assert (device.value["percent_state"], device.value["percent_control"]) == (20, 20)
    assert device.value["situation_set"] == "fully_close"  # told only at an end


async def test_cover_with_its_motor_turned_round() -> None:
    home, device = home_of("Living room curtain")
    device.value["control_back_mode"] = "back"
    home.command(device, control="open")
    await home.run(25)
    assert (device.value["percent_state"], device.value["situation_set"]) == (100, "fully_open")
    assert home.values(device.name, "work_state") == []  # it said "opening" before


async def test_cover_that_was_moved_by_hand() -> None:
    home, device = home_of("Living room curtain")
    await home.simulator.report(device.id, {"percent_state": 60})
    await home.run(2)
    home.command(device, control="close")
    await home.run(1)
    assert device.value["percent_state"] == 65


async def test_cover_without_position_tells_when_it_is_there() -> None:
    home, device = home_of("Bedroom blind")
    await home.run(1)
    home.command(device, control="open")
    await home.run(5)
    assert home.reports == []
    await home.run(5)
    assert home.reports == [(device.id, {"percent_control": 0})]


async def test_each_motor_of_a_curtain_switch() -> None:
    home, device = home_of("Dining room curtains")
    home.command(device, control_2="open")
    assert await home.run_until(lambda: device.value["percent_control_2"] == 0, most=30) == 20
    assert home.values(device.name, "percent_control") == []
    home.command(device, percent_control=50)
    home.command(device, switch_backlight=False)
    await home.run(30)
    assert device.value["percent_control"] == 50


async def test_window_counts_how_far_it_is_open() -> None:
    home, device = home_of("Roof window")
    home.command(device, control="close")
    await home.run(10)
    assert (device.value["percent_state"], device.value["status"]) == (0, "closed")
    home.command(device, control="open")
    await home.run(30)
    assert (device.value["percent_state"], device.value["status"]) == (100, "opened")


async def test_garage_door_s_contact_follows() -> None:
    home, device = home_of("Garage door")
    home.command(device, switch_1=True)
    assert await home.run_until(lambda: device.value["doorcontact_state"], most=60) == 15
    home.command(device, switch_1=True)
    await home.run(30)
    assert len(home.reports) == 1


async def test_thermostat_heats_toward_its_set_point() -> None:
    home, device = home_of("Living room thermostat")
    await home.run_until(lambda: device.value["temp_current"] >= 214, most=600)
    assert "close" not in home.values(device.name, "valve_state")
    await home.run(3600, step=5)
    assert 209 <= device.value["temp_current"] <= 217
    assert {"open", "close"} <= set(home.values(device.name, "valve_state"))
    home.command(device, switch=False)
    await home.run(7200, step=10)
    assert device.value["temp_current"] == 160
    assert device.value["valve_state"] == "close"


async def test_air_conditioner_cools() -> None:
    home, device = home_of("Bedroom air conditioner")
    await home.run(7200, step=10)
    assert device.value["temp_current"] == 27
    home.command(device, switch=True, temp_set=20)
    await home.run(7200, step=10)
    assert device.value["temp_current"] == 20


async def test_temperatures_in_two_units_follow_each_other() -> None:
    home, device = home_of("Attic air conditioner")
    home.command(device, temp_set_f=70)
    await home.run(1)
    assert device.value["temp_set"] == 21
    home.command(device, temp_set=30)
    await home.run(1)
    assert device.value["temp_set_f"] == 86
    await home.run(7200, step=10)
    assert (device.value["temp_current"], device.value["temp_current_f"]) == (27, 81)


async def test_heater_says_whether_it_heats() -> None:
    home, device = home_of("Bathroom heater")
    home.command(device, switch=True, temp_set=25)
    await home.run(1)
    assert device.value["work_state"] == "heating"
    home.command(device, switch=False)
    await home.run(1)
    assert device.value["work_state"] == "warming"


async def test_radiator_s_valve() -> None:
    home, device = home_of("Bathroom radiator")
    await home.run(30)
    assert device.value["work_state"] == "opened"
    home.command(device, mode="off")
    await home.run(1)
    assert (device.value["work_state"], device.value["valve_open_degree"]) == ("closed", 0)


@pytest.mark.parametrize(
    ("name", "reading", "target"),
    [
        ("Nursery humidifier", "humidity_current", "humidity_set"),
        ("Cellar dehumidifier", "humidity_indoor", "dehumidify_set_value"),
    ],
)
async def test_humidity_goes_where_it_should(name: str, reading: str, target: str) -> None:
    home, device = home_of(name)
    before = device.value[reading]
    await home.run(600)
    assert abs(device.value[reading] - device.value[target]) <= 1
    home.command(device, switch=False)
    await home.run(600)
    assert abs(device.value[reading] - before) <= 1


async def test_countdown_turns_its_switch_over() -> None:
    home, device = home_of("Kitchen switch")
    home.command(device, countdown_2=25)
    await home.run(30)
    assert [values for _, values in home.reports] == [
        {"countdown_2": 15},
        {"countdown_2": 5},
        {"countdown_2": 0, "switch_2": True},
    ]


async def test_countdowns_in_minutes_are_settings() -> None:
    home, device = home_of("Greenhouse irrigation")
    home.command(device, countdown_1=1)
    await home.run(120)
    assert device.value["countdown_1"] == 1


async def test_siren_stops() -> None:
    home, device = home_of("Siren")
    home.command(device, alarm_state="alarm_sound")
    assert await home.run_until(lambda: device.value["alarm_state"] == "normal", most=100) == 60


async def test_switched_siren_stops() -> None:
    home, device = home_of("Indoor siren")
    home.command(device, alarm_switch=True)
    assert await home.run_until(lambda: not device.value["alarm_switch"], most=100) == 30


async def test_alarm_panel_raises_the_alarm() -> None:
    home, device = home_of("Alarm panel")
    home.command(device, master_mode="sos")
    await home.run(1)
    assert (device.value["master_state"], device.value["alarm_msg"]) == ("alarm", "AFMATwBT")
    home.command(device, master_mode="disarmed")
    await home.run(1)
    assert device.value["master_state"] == "normal"


async def test_bolt_follows_manual_lock() -> None:
    home, device = home_of("Front door lock")
    device.value["lock_motor_state"] = True
    home.command(device, manual_lock=True)
    assert await home.run_until(lambda: not device.value["lock_motor_state"], most=10) == 2


async def test_detector_checks_itself() -> None:
    home, device = home_of("Hallway smoke detector")
    home.command(device, self_checking=True)
    await home.run(6)
    assert home.values(device.name, "checking_result") == ["checking", "check_success"]
    assert device.value["self_checking"] is False


async def test_valve_runs_and_tells_how_long() -> None:
    home, device = home_of("Garden valve")
    home.command(device, switch=True)
    await home.run(30)
    assert device.value["work_state"] == "manual"
    home.command(device, switch=False)
    await home.run(2)
    assert (device.value["work_state"], device.value["use_time_one"]) == ("idle", 30)


async def test_lock_is_opened_and_closes() -> None:
    home, device = home_of("Front door lock")
    await home.run_until(lambda: device.value["closed_opened"] == "open")
    assert 1 <= home.values(device.name, "unlock_fingerprint")[-1] <= 4
    assert await home.run_until(lambda: device.value["closed_opened"] == "closed") <= 9


# Homes from elsewhere


def test_synthetic_home() -> None:
    home = synthetic_home(500, 20)
    assert len({device.id for device in home}) == 500
    assert {len(device.value) for device in home} == {20}
    for device in home[:2]:
        _check_state(device)
    assert {entry["type"] for entry in home[0].status} == {"Boolean", "Integer", "Enum", "String"}
    assert len(home[0].function) == 10
    assert behaviours_of(home[0], Random(1)) == []


def test_home_from_files(tmp_path: Path) -> None:
    """What as_dump gives, load_home reads: one file a device, or one for all."""
    home = demo_home()
    for index, device in enumerate(home):
        (tmp_path / f"{index:03}.json").write_text(json.dumps(device.as_dump()), encoding="utf-8")
    assert load_home(tmp_path) == home
    (tmp_path / "all.txt").write_text(json.dumps([device.as_dump() for device in home]), encoding="utf-8")
    assert load_home(tmp_path / "all.txt") == home


def test_dump_with_as_little_as_can_be() -> None:
    device = SimulatedDevice.from_dump({"devid": "x", "value": {"a": 1}, "product_id": "p"})
    assert device == SimulatedDevice("x", "", value={"a": 1}, name="x")
    assert device.reports("a")
    assert not device.reports("b")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[1]", "a device is a JSON object"),
        ("{}", "devid is text and not empty"),
        ('{"devid": 5}', "devid is text"),
        ('{"devid": "x", "category": 5}', "category is text"),
        ('{"devid": "x", "online": "yes"}', "online is true or false"),
        ('{"devid": "x", "function": {}}', "function is a list"),
        ('{"devid": "x", "status": [{"type": "Boolean"}]}', "status holds objects with a code"),
        ('{"devid": "x", "value": 5}', "value is a list"),
        ('{"devid": "x", "value": [{"k": "a"}]}', "value holds objects with k and v"),
        ('[{"devid": "x"}, {"devid": "x"}]', "a second device x"),
        ("{", "Expecting"),
    ],
)
def test_homes_that_cannot_be(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "home.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadDescription, match=words) as raised:
        load_home(file)
    assert "home.json" in str(raised.value)


def test_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(BadDescription, match=r"no \*\.json"):
        load_home(tmp_path)


def test_schema_without_limits() -> None:
    """Entries that lack what the page lists still check what they have."""
    for values in ("{}", "", None, "no json", "[]"):
        check_value({"code": "a", "type": "Integer", "values": values}, 10**9)
        check_value({"code": "a", "type": "ENUM", "values": values}, "anything")
        check_value({"code": "a", "type": "Bitmap", "values": values}, 1 << 40)
    check_value({"code": "a", "type": "Colour"}, object())
    check_value(integer("a", 0, 5), 5)
    with pytest.raises(ValueError, match="a takes true or false"):
        check_value(boolean("a"), 1)
