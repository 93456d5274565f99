"""The flows of a Tencent IoT Video account: adding, reauthentication, reconfiguration and options."""

from .account_flow import TencentVideoFlow
from .options_flow import TencentVideoOptionsFlow

__all__ = ["TencentVideoFlow", "TencentVideoOptionsFlow"]
