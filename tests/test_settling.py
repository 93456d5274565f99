"""The moment after a command in which its old value is not believed."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.iot_gateway.settling import SETTLE_SECONDS, Settling


@pytest.fixture
def asked() -> list[str]:
    """Return whose state was asked for."""
    return []


@pytest.fixture
def settling(hass: HomeAssistant, asked: list[str]) -> Settling:
    """Return what is tested."""
    return Settling(hass, asked.append)


def over(hass: HomeAssistant) -> None:
    """Let the moment be over."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SETTLE_SECONDS + 1))


async def test_old_value_is_held_back(hass: HomeAssistant, settling: Settling, asked: list[str]) -> None:
    """Before and after the confirmation, of this code of this device only; in doubt the device is asked."""
    begun = settling.begin("lamp", {"on": True, "level": 5}, {"on": False, "level": 1})
    assert settling.believable("lamp", {"on": False, "other": 1}) == {"other": 1}
    assert settling.confirm("lamp", begun) == {"on": True, "level": 5}
    assert settling.believable("lamp", {"on": False}) == {}
    assert settling.believable("plug", {"on": False}) == {"on": False}
    assert not asked
    over(hass)
    assert asked == ["lamp"]
    assert settling.believable("lamp", {"on": False, "level": 1}) == {"on": False, "level": 1}


async def test_old_value_before_the_confirmation_only(
    hass: HomeAssistant, settling: Settling, asked: list[str]
) -> None:
    """It may have come right behind the confirmation, which is taken in a moment later: that is doubt too."""
    begun = settling.begin("lamp", {"on": True}, {"on": False})
    assert settling.believable("lamp", {"on": False}) == {}
    settling.confirm("lamp", begun)
    over(hass)
    assert asked == ["lamp"]


@pytest.mark.parametrize("value", [5, 9])
async def test_any_other_value_ends_the_doubt(
    hass: HomeAssistant, settling: Settling, asked: list[str], value: int
) -> None:
    """The commanded value, or a third one: the old one is history."""
    begun = settling.begin("lamp", {"level": 5}, {"level": 1})
    settling.confirm("lamp", begun)
    assert settling.believable("lamp", {"level": 1}) == {}
    assert settling.believable("lamp", {"level": value}) == {"level": value}
    over(hass)
    assert not asked


async def test_same_value_again(settling: Settling) -> None:
    """A command that changes nothing holds nothing back."""
    begun = settling.begin("lamp", {"on": True}, {"on": True})
    settling.confirm("lamp", begun)
    assert settling.believable("lamp", {"on": True}) == {"on": True}
    assert settling.believable("lamp", {"on": False}) == {"on": False}
    settling.stop()


async def test_failed(hass: HomeAssistant, settling: Settling, asked: list[str]) -> None:
    """After a failure every report is believed; one that was held back is asked for."""
    settling.abandon("lamp", settling.begin("lamp", {"on": True}, {"on": False}))
    assert settling.believable("lamp", {"on": False}) == {"on": False}
    assert not asked
    begun = settling.begin("lamp", {"on": True}, {"on": False})
    settling.believable("lamp", {"on": False})
    settling.abandon("lamp", begun)
    assert asked == ["lamp"]


async def test_later_command(hass: HomeAssistant, settling: Settling, asked: list[str]) -> None:
    """A later command of the same code takes the place of the one before, whatever becomes of that."""
    first = settling.begin("lamp", {"level": 5}, {"level": 1})
    second = settling.begin("lamp", {"level": 9}, {"level": 1})
    assert settling.confirm("lamp", first) == {"level": 5}  # it may be all that comes of both
    assert settling.believable("lamp", {"level": 1}) == {}
    assert settling.confirm("lamp", second) == {"level": 9}
    over(hass)
    assert asked == ["lamp"]  # once

    first = settling.begin("lamp", {"level": 5}, {"level": 1})
    second = settling.begin("lamp", {"level": 9}, {"level": 1})
    settling.abandon("lamp", first)
    assert settling.believable("lamp", {"level": 1}) == {}
    settling.abandon("lamp", second)


async def test_answers_out_of_order(settling: Settling) -> None:
    """The answer to the earlier command, when it comes later, changes nothing."""
    first = settling.begin("lamp", {"level": 5}, {"level": 1})
    second = settling.begin("lamp", {"level": 9}, {"level": 1})
    assert settling.confirm("lamp", second) == {"level": 9}
    assert settling.confirm("lamp", first) == {}
    settling.stop()


async def test_command_within_the_moment(hass: HomeAssistant, settling: Settling, asked: list[str]) -> None:
    """The moment of the later command counts, and no timer of the earlier one is left."""
    settling.confirm("lamp", settling.begin("lamp", {"level": 5}, {"level": 1}))
    settling.believable("lamp", {"level": 1})
    settling.begin("lamp", {"level": 9}, {"level": 5})
    over(hass)
    assert not asked
    assert settling.believable("lamp", {"level": 5}) == {}


async def test_stop(hass: HomeAssistant, settling: Settling, asked: list[str]) -> None:
    """Afterwards all is believed, and late confirmations show nothing: the state is read anew."""
    settling.confirm("lamp", settling.begin("lamp", {"on": True}, {"on": False}))
    begun = settling.begin("plug", {"on": True}, {"on": False})
    settling.believable("lamp", {"on": False})
    settling.stop()
    assert settling.believable("lamp", {"on": False}) == {"on": False}
    assert settling.confirm("plug", begun) == {}
    over(hass)
    assert not asked
