"""The table of locks.

What the codes mean: https://developer.tuya.com/en/docs/iot/f?id=Kb0o2vbzuzl81 . That `lock_motor_state` is True while
unlocked, and that `manual_lock` locks, is in "Data Point Reference" (https://developer.tuya.com/en/docs/iot/ble?id=K9ow3vcpn71ua).
Unlocking from afar takes a key that only the Tuya cloud has (`remote_no_dp_key` and the like): it is not here.
"""

from .composite import LockRow
from .rows import Table

_LOCK = LockRow(
    lock=("lock",),
    set_motor=("lock_motor_state",),
    motor=("lock_motor_state",),
    lock_order=("manual_lock",),
    unlock_order=("unlock",),
    main=True,
)

LOCKS: Table[LockRow] = dict.fromkeys(
    ("bxx", "gyms", "hotelms", "jtmsbh", "jtmspro", "mc", "mk", "ms", "ms_category", "photolock", "videolock"),
    (_LOCK,),
)

COMMON_LOCKS: tuple[LockRow, ...] = ()
