"""Who a device is: client id, user name and password of its CONNECT (tuya_message_queue_and_tuyalink.md, B1; the seed's page)."""

from dataclasses import dataclass
import hashlib
import hmac
import re

CLIENT_ID_PREFIX = "tuyalink_"
_USER_NAME = re.compile(
    r"(?P<device>[^|]+)\|signMethod=(?P<method>hmacSha256|hmacSha1),timestamp=(?P<timestamp>[0-9]+),"
    # The page's rule ends in a semicolon, its example and everybody's code don't.
    r"secureMode=1,accessType=1;?"
)
_DIGESTS = {"hmacSha256": hashlib.sha256, "hmacSha1": hashlib.sha1}


@dataclass(frozen=True, kw_only=True, slots=True)
class UserName:
    """What a user name says."""

    device_id: str
    method: str
    timestamp: str
    """As it is written: seconds (10 digits) or milliseconds (13)."""

    @property
    def seconds(self) -> float:
        """Return the time in seconds."""
        return int(self.timestamp) / (1000 if len(self.timestamp) == 13 else 1)


def parse_user_name(text: str) -> UserName | None:
    """Return what a user name says; None if it isn't one."""
    match = _USER_NAME.fullmatch(text)
    if match is None or len(match["timestamp"]) not in (10, 13):
        return None
    return UserName(device_id=match["device"], method=match["method"], timestamp=match["timestamp"])


def user_name(device_id: str, timestamp: int) -> str:
    """Return the user name of a device at a time in seconds or milliseconds."""
    return f"{device_id}|signMethod=hmacSha256,timestamp={timestamp},secureMode=1,accessType=1"


def sign(name: UserName, secret: str) -> str:
    """Return the password that belongs to a user name: lower-case hex. The secret's text is the key, whatever it looks like."""
    content = f"deviceId={name.device_id},timestamp={name.timestamp},secureMode=1,accessType=1"
    return hmac.new(secret.encode(), content.encode(), _DIGESTS[name.method]).hexdigest()


def password_is_good(name: UserName, secret: str, password: str) -> bool:
    """Tell whether a password is the one of a user name."""
    return hmac.compare_digest(sign(name, secret).encode(), password.encode())
