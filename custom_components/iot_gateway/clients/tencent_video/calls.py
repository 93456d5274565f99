"""Calls between a device and a viewer (seed 002, "TWeCall及语音对讲相关信令" and "发送信令")."""

from enum import StrEnum

from .agent import CameraChannel
from .device_commands import order_device


class CallSignal(StrEnum):
    """What either side says about a call; devices are documented to send hang up, cancel and stop."""

    HANG_UP = "call_hang_up"
    """After it was answered: it is over."""
    REJECT = "call_reject"
    """Before it was answered: it will not be."""
    CANCEL = "call_cancel"
    """Before it was answered: the caller gives up."""
    BUSY = "call_busy"
    """There is another call."""
    TIMEOUT = "call_timeout"
    """Nobody answered in time."""
    RECEIVING_STOPPED = "recv_stop"
    """The device does not take sound and pictures any more; only devices say so."""


async def send_call_signal(camera: CameraChannel, signal: CallSignal) -> None:
    """Tell a device what becomes of a call; raises AgentRefused where it declines, or another AgentError."""
    if signal is CallSignal.RECEIVING_STOPPED:
        raise ValueError("Only devices stop receiving")
    await order_device(camera, signal.value)
