"""The table of covers.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq (cl, clkg, ckmkzq, mc);
that percentages say how far a cover is closed is what devices do, and what Home Assistant's own integration goes by.
"""

from homeassistant.components.cover import CoverDeviceClass

from .composite import OPEN_CLOSE, CoverCommands, CoverRow
from .rows import Table

_TILT = ("angle_horizontal", "angle_vertical", "tilt_position", "tilt")
_MOTORS = ((1, ""), (2, "_2"), (3, "_3"), (4, "_4"))
"""By number, what the codes of a motor end in."""

_CURTAINS = tuple(
    CoverRow(
        key=f"control{end}",
        position=(f"percent_state{end}", f"percent_control{end}"),
        set_position=(f"percent_control{end}",),
        state=(f"situation_set{end}", f"control{end}"),
        motion=(f"work_state{end}",),
        tilt=tuple(f"{code}{end}" for code in _TILT),
        device_class=CoverDeviceClass.CURTAIN,
        gang=number,
        main=True,
    )
    for number, end in _MOTORS
)
_PERCENT_ONLY = CoverRow(
    key="percent_control",
    position=("percent_state", "percent_control"),
    set_position=("percent_control",),
    state=("situation_set",),
    motion=("work_state",),
    tilt=_TILT,
    device_class=CoverDeviceClass.CURTAIN,
    main=True,
)

COVERS: Table[CoverRow] = {
    "cl": (
        *_CURTAINS,
        # The legacy set
        CoverRow(
            key="mach_operate",
            position=("position",),
            set_position=("position",),
            state=("situation_set",),
            motion=("work_state",),
            device_class=CoverDeviceClass.CURTAIN,
            main=True,
        ),
        # Blind drivers that have `switch_1` for what others call `control`
        CoverRow(
            key="switch_1",
            position=("percent_state", "percent_control"),
            set_position=("percent_control",),
            motion=("work_state",),
            device_class=CoverDeviceClass.BLIND,
            main=True,
        ),
        _PERCENT_ONLY,
    ),
    "clkg": (
        *(
            CoverRow(
                key=f"control{end}",
                position=(f"percent_state{end}", f"percent_control{end}"),
                set_position=(f"percent_control{end}",),
                state=(f"situation_set{end}", f"control{end}"),
                motion=(f"work_state{end}",),
                tilt=tuple(f"{code}{end}" for code in _TILT),
                motor_direction=(f"control_back_mode{end}", "control_back_mode"),
                device_class=CoverDeviceClass.CURTAIN,
                gang=number,
                main=True,
            )
            for number, end in _MOTORS
        ),
        _PERCENT_ONLY,
    ),
    "ckmkzq": (
        *(
            CoverRow(
                key=f"switch_{number}",
                state=(f"doorcontact_state{end}", f"doorcontact_state_{number}"),
                device_class=CoverDeviceClass.GARAGE,
                gang=number,
                main=True,
            )
            for number, end in _MOTORS
        ),
        CoverRow(
            key="switch",
            state=("doorcontact_state",),
            device_class=CoverDeviceClass.GARAGE,
            main=True,
        ),
        CoverRow(
            key="control",
            position=("percent_state", "percent_control"),
            set_position=("percent_control",),
            state=("doorcontact_state", "control"),
            motion=("work_state",),
            device_class=CoverDeviceClass.GARAGE,
            main=True,
        ),
    ),
    "jdcljqr": (*_CURTAINS, _PERCENT_ONLY),
    # A window opener; its percentages say how far it is open
    "mc": (
        CoverRow(
            key="control",
            position=("percent_state", "percent_control"),
            set_position=("percent_control",),
            state=("status", "doorcontact_state", "control"),
            motion=("work_state",),
            percent_open=True,
            device_class=CoverDeviceClass.WINDOW,
            main=True,
        ),
    ),
}

COMMON_COVERS: tuple[CoverRow, ...] = (
    CoverRow(
        key="control",
        position=("percent_state", "percent_control"),
        set_position=("percent_control",),
        state=("situation_set", "control"),
        motion=("work_state",),
        tilt=_TILT,
        commands=(OPEN_CLOSE,),
        main=True,
    ),
    *(
        CoverRow(
            key=f"control{end}",
            position=(f"percent_state{end}", f"percent_control{end}"),
            set_position=(f"percent_control{end}",),
            state=(f"situation_set{end}", f"control{end}"),
            motion=(f"work_state{end}",),
            commands=(OPEN_CLOSE,),
            translation_key="numbered",
            translation_placeholders={"number": str(number)},
        )
        for number, end in _MOTORS[1:]
    ),
    CoverRow(
        key="mach_operate",
        position=("position",),
        set_position=("position",),
        commands=(CoverCommands(open="FZ", close="ZZ", stop="STOP"),),
        main=True,
    ),
)
