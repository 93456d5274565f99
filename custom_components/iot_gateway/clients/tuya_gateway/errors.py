"""What can go wrong between us and a gateway, one class a cause that a user or a caller can tell apart.

No text of these errors holds a secret: neither keys nor nonces nor proofs nor the content of frames.
"""

from typing import Any


class GatewayError(Exception):
    """Base of all errors of this package; str() of each is a sentence part fit for a log and for a user."""


class CannotConnect(GatewayError):
    """No TCP or WebSocket answer: refused, unreachable, a name without address, or nothing in time."""


class NotTuyaGateway(GatewayError):
    """Something answers, but not with this protocol; str() says in words what it did instead."""


class WrongDeviceKey(GatewayError):
    """The gateway's first frame is ciphertext that the device key does not open, or the key has no valid form."""


class AuthenticationRefused(GatewayError):
    """The gateway closed the connection, kept silent or answered with something else than auth_ok after our auth."""


class WrongProof(GatewayError):
    """The other side does not know the device key: wrong or reflected HMAC, reflected nonce, zero session key."""


class ConnectionLost(GatewayError):
    """An established link ended: closed by either side, no sign of life, or three malformed frames in a row."""


class RequestTimeout(GatewayError):
    """No result for a request in time; whether the gateway carried it out is unknown."""


class UnexpectedAnswer(GatewayError):
    """A request succeeded, says the gateway, but the result has not the shape that the specification gives."""


class CommandRejected(GatewayError):
    """The gateway answered a request with success=false.

    `error` is the gateway's error object as it came (the specification leaves its fields open), `code` its code
    where it has one.
    """

    def __init__(self, message: str, code: int | str | None = None, error: Any = None) -> None:
        """Say `message`, which is the gateway's own text where it sent one."""
        super().__init__(message)
        self.code = code
        self.error = error
