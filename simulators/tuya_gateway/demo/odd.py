"""A device of a category that no list has, with codes that no set has, one of every type and access."""

from ..device import SimulatedDevice
from ..schema import bitmap, boolean, enum, floating, integer, json_text, raw, string
from .points import device, ro, rw, wo


def odd() -> list[SimulatedDevice]:
    """Return the aquarium controller."""
    return [
        device(
            "Aquarium controller",
            "qtxyz",
            rw(boolean("bubble_pump"), True),
            ro(boolean("lid_closed"), True),
            rw(integer("feed_portion", 1, 20, "g"), 4),
            ro(integer("water_ph", 0, 1400, scale=2), 712),
            ro(floating("salinity", 0.0, 50.0, "g/L"), 34.6),
            rw(enum("tide_program", "calm", "surf", "storm"), "calm"),
            ro(enum("pump_phase", "suck", "push", "rest"), "rest"),
            rw(string("tank_label", 32), "Reef"),
            ro(string("hardware_note", 64), "rev C"),
            rw(json_text("feed_plan", {"hour": {"min": 0, "max": 23}}), '{"hour":18,"grams":4}'),
            ro(json_text("last_test"), '{"no3":5,"po4":0.03}'),
            rw(raw("light_curve", 64), "AAECAwQFBgc="),
            ro(raw("probe_frame", 64), "CQAAFSwABNk="),
            ro(bitmap("tank_fault", "no_water", "too_warm", "probe_lost"), 0),
            wo(boolean("feed_now")),
        )
    ]
