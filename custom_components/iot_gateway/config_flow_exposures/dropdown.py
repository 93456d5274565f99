"""The field in which something is tied, or left out."""

from collections.abc import Mapping
from typing import Final

from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .texts import CHOICE

NOT_EXPOSED: Final = "not_exposed"
"""The choice to tie something to nothing."""


def dropdown(labels: Mapping[str, str]) -> SelectSelector:
    """Return a field for one of several things, or for none; the frontend translates that one."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=NOT_EXPOSED, label=NOT_EXPOSED),
                *(SelectOptionDict(value=value, label=label) for value, label in labels.items()),
            ],
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CHOICE,
        )
    )
