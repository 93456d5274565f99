"""Fields that the forms of several connections have, and what puts into a form what there is to choose from."""

from collections.abc import Collection, Mapping
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from .const import CONF_INVERTED_COVERS

PORT = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, max=65535, step=1, mode=NumberSelectorMode.BOX)), vol.Coerce(int)
)
SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_HOST = re.compile(r"[\w.:-]+")

INVERTED_COVERS = {vol.Optional(CONF_INVERTED_COVERS): SelectSelector(SelectSelectorConfig(options=[]))}
"""The field of the covers that run the wrong way round; `with_covers` puts in which there are."""


def with_selectors(schema: vol.Schema, selectors: Mapping[str, Selector[Any]]) -> vol.Schema:
    """Return a form's schema with selectors that are made for this time, by their fields."""
    return vol.Schema({field: selectors.get(str(field), selector) for field, selector in schema.schema.items()})


def cover_names(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    """Return the names of an entry's covers, with those of their device and room, by unique id."""
    devices, areas = dr.async_get(hass), ar.async_get(hass)
    covers = {}
    for cover in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if cover.domain == Platform.COVER:
            device = devices.async_get(cover.device_id) if cover.device_id else None
            names = (device and (device.name_by_user or device.name), cover.name or cover.original_name)
            covers[cover.unique_id] = " ".join(dict.fromkeys(name for name in names if name)) or cover.entity_id
            area_id = cover.area_id or (device and device.area_id)
            if area_id and (area := areas.async_get_area(area_id)):
                covers[cover.unique_id] += f" ({area.name})"
    return covers


def with_covers(schema: vol.Schema, covers: Mapping[str, str]) -> vol.Schema:
    """Return the schema of options with the covers to choose from, without that field where there are none."""
    choice = SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=unique_id, label=name)
                for unique_id, name in sorted(covers.items(), key=lambda cover: cover[1])
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )
    return vol.Schema(
        {
            field: choice if field == CONF_INVERTED_COVERS else selector
            for field, selector in schema.schema.items()
            if covers or field != CONF_INVERTED_COVERS
        }
    )


def shown_covers(options: Mapping[str, Any], covers: Collection[str]) -> list[str]:
    """Return the covers to show as chosen."""
    return [one for one in options.get(CONF_INVERTED_COVERS, ()) if one in covers]


def chosen_covers(options: Mapping[str, Any], user_input: Mapping[str, Any], covers: Collection[str]) -> dict[str, Any]:
    """Return the option that the choice leads to: a cover that is not there just now stays as it was chosen to be."""
    away = [one for one in options.get(CONF_INVERTED_COVERS, ()) if one not in covers]
    return {CONF_INVERTED_COVERS: user_input.get(CONF_INVERTED_COVERS, []) + away} if covers or away else {}


def url_origin(typed: str) -> str:
    """Return the URL of an API that somebody typed, without what stands behind its host and port; empty if it is none."""
    try:
        url = URL(typed if "://" in typed else f"https://{typed}")
        fits = url.scheme in {"http", "https"} and _HOST.fullmatch(url.host or "") is not None
        return str(url.origin()) if fits else ""
    except ValueError:
        return ""
