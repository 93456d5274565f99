"""Which translation names a device that nobody has named yet."""

import re

from .categories import CATEGORY_KEYS, CURTAIN_CATEGORIES, DOOR_CATEGORIES, OUTLET_CATEGORIES, VALVE_CATEGORIES

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9_]")

_GANGS = {
    **dict.fromkeys(CURTAIN_CATEGORIES, "curtain"),
    **dict.fromkeys(DOOR_CATEGORIES, "door"),
    **dict.fromkeys(OUTLET_CATEGORIES, "outlet"),
    **dict.fromkeys(VALVE_CATEGORIES, "valve"),
}
"""By category, the key of the name of a gang that is more than that."""


def device_translation_key(category: str) -> str:
    """Return the key of the name of a category's devices; it takes a placeholder `suffix`."""
    code = category.lower()
    return f"category_{_NOT_IN_A_KEY.sub('_', code)}" if code in CATEGORY_KEYS else "category_unknown"


def gang_translation_key(category: str) -> str:
    """Return the key of the name of one gang of a category's devices; it takes a placeholder `number`."""
    return _GANGS.get(category.lower(), "gang")
