"""Which translation names a device that nobody has named yet."""

import re

from .categories import CATEGORY_KEYS, OUTLET_CATEGORIES

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9_]")


def device_translation_key(category: str) -> str:
    """Return the key of the name of a category's devices; it takes a placeholder `suffix`."""
    code = category.lower()
    return f"category_{_NOT_IN_A_KEY.sub('_', code)}" if code in CATEGORY_KEYS else "category_unknown"


def gang_translation_key(category: str) -> str:
    """Return the key of the name of one gang of a category's devices; it takes a placeholder `number`."""
    return "outlet" if category.lower() in OUTLET_CATEGORIES else "gang"
