"""What can go wrong between us and the message queue, one class a cause that a user or a caller can tell apart.

The statuses are those of Pulsar's WebSocket proxy (protocols page, A1). No text of these errors holds a secret: neither
the access secret nor the password nor the content of messages.
"""


class QueueError(Exception):
    """Base of all errors of this package; str() of each is a sentence part fit for a log and for a user."""


class KeyRefused(QueueError):
    """The queue does not take the access ID or its secret (401)."""


class WrongEnvironment(QueueError):
    """The project has no such queue: production was asked for and test is set up, or the other way around (500, 404).

    Pulsar says 500 of other trouble of its own too: where the same consumer had been connected before, that is likelier.
    """


class QueueBusy(QueueError):
    """Another consumer has the subscription to itself (409), or there were too many attempts (429).

    `retry_after` is the seconds that the queue asks us to wait, None where it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """Say `message`."""
        super().__init__(message)
        self.retry_after = retry_after


class QueueUnavailable(QueueError):
    """No connection, a lost one, no answer in time, or the queue is out of order (502, 503, 504)."""


class QueueRequestInvalid(QueueError):
    """The queue does not take the request as it is (400), or the project may not read this queue (403)."""


class UndecodableMessage(QueueError):
    """A message that cannot be read; `step` is what failed, and nothing of the message."""

    def __init__(self, step: str) -> None:
        """Name the step, as a sentence part."""
        super().__init__(step)
        self.step = step


def handshake_error(status: int, retry_after: str | None = None) -> QueueError:
    """Return the error that an HTTP status other than 101 stands for; `retry_after` is that header."""
    told = f"(HTTP status {status})"
    match status:
        case 401:
            return KeyRefused(f"the message queue refuses the access ID or its secret {told}")
        case 404 | 500:
            return WrongEnvironment(f"the project has no message queue in this environment {told}")
        case 400:
            return QueueRequestInvalid(f"the message queue finds the request invalid {told}")
        case 403:
            return QueueRequestInvalid(f"the project may not read this message queue {told}")
        case 409:
            return QueueBusy(f"another consumer holds the subscription {told}", _seconds(retry_after))
        case 429:
            return QueueBusy(f"the message queue was asked too often {told}", _seconds(retry_after))
        case 502 | 503 | 504:
            return QueueUnavailable(f"the message queue is out of order {told}")
    return QueueUnavailable(f"what answers is no message queue {told}")


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After in seconds; its other form, a date, is not worth the trust in both clocks."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
