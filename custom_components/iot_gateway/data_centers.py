"""Tuya's data centers as a form offers them."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, TUYA_REGIONS

SELECTOR: Final = "tuya_region"
"""The key under which their names are translated."""

_AMERICA: Final = frozenset(
    "AR AX BO BR CA CK CL CO CW DO EC FK GF GT GW HK ID IO JP KI KR MM MO MX MY NF NR NU NZ PE PG PH PR PS PY SB SJ SR ST SX "
    "TH TK TL TW US UY VE VN VU".split()
)
_OF_THEIR_OWN: Final = {"CN": "cn", "IN": "in"}


def usual_data_center(country: str | None, places: Mapping[str, str] = TUYA_REGIONS) -> str:
    """Return the data center that app accounts of a country are in, unless their owner chose another region.

    `country`: two letters. `places`: what there is in each data center, an API or a host; that of the usual one is returned.
    From https://github.com/tuya/tuya-home-assistant/blob/main/docs/regions_dataCenters.md: what that lists neither under China
    or India nor under Western America is under Central Europe, and what it does not list at all is in Western America.
    """
    if country is None or country in _AMERICA:
        return places["us"]
    return places[_OF_THEIR_OWN.get(country, "eu")]


async def async_data_center_choice(hass: HomeAssistant, places: Mapping[str, str] = TUYA_REGIONS) -> SelectSelector:
    """Return the field for a data center: a choice of names, or a typed place.

    A field that can be typed into shows the value of what was chosen and not its name, so that the value has to say
    something to people: it is the URL or the host.
    """
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(
                    value=place, label=texts.get(f"component.{DOMAIN}.selector.{SELECTOR}.options.{region}", region)
                )
                for region, place in places.items()
            ],
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
