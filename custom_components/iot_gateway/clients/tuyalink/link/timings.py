"""The times that a link keeps to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimings:
    """Seconds, and one count, that a link keeps to.

    `connect_within` goes for the TCP connection, the login and the subscriptions each; a message that the broker doesn't
    confirm within `confirm_within` ends the connection. Rejoining waits from `backoff_first` to `backoff_most`, after a
    refusal of the credentials from `refused_first` to `refused_most`, after being taken over from `taken_over_first` to
    `taken_over_most`.

    A connection that the broker ends within `takeover_within`, for the `takeover_count`th time in a row, was taken over. The
    next one has to last that long before it counts.
    """

    connect_within: float = 10.0
    confirm_within: float = 10.0
    backoff_first: float = 1.0
    backoff_most: float = 60.0
    refused_first: float = 60.0
    refused_most: float = 1800.0
    taken_over_first: float = 300.0
    taken_over_most: float = 1800.0
    takeover_within: float = 20.0
    takeover_count: int = 3
