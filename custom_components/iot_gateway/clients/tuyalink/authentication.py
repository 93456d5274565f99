"""Who we are to the broker: one certificate a device, signed anew for each connection (protocols page B1, seed 003)."""

import hashlib
import hmac


def client_id(device_id: str) -> str:
    """Return the MQTT client id; a second connection with it ends the first."""
    return f"tuyalink_{device_id}"


def user_name(device_id: str, timestamp: int) -> str:
    """Return the MQTT user name.

    Args:
        device_id: DeviceID of the certificate.
        timestamp: of this connection, seconds (10 digits) or milliseconds (13 digits) since the epoch. The sample of seed 003
            has no `;` at the end, though its formula does; all public clients leave it out.
    """
    return f"{device_id}|signMethod=hmacSha256,timestamp={timestamp},secureMode=1,accessType=1"


def password(device_id: str, device_secret: str, timestamp: int) -> str:
    """Return the MQTT password: 64 lower-case hexadecimal digits.

    Args:
        device_id: DeviceID of the certificate.
        device_secret: DeviceSecret of the certificate, which is text and not hexadecimal.
        timestamp: the same as in the user name.
    """
    content = f"deviceId={device_id},timestamp={timestamp},secureMode=1,accessType=1"
    return hmac.new(device_secret.encode(), content.encode(), hashlib.sha256).hexdigest()
