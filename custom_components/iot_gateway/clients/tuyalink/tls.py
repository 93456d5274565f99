"""TLS to the cloud's brokers (page B1)."""

import ssl
from typing import override


class _ClosedWhenRefused(ssl.SSLSocket):
    """A socket that is closed at once where the handshake fails.

    paho (2.1.0) forgets it then, and it would stay open until the garbage is collected, one for each attempt.
    """

    @override
    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def tls_context(context: ssl.SSLContext | None = None, *, authority: str | None = None) -> ssl.SSLContext:
    """Return a context for the cloud: verified, and TLS 1.2 at most, because some of its brokers fail at 1.3 (page B1).

    It reads the system's trust from disk: to be called outside of the event loop's thread.

    Args:
        context: a ready one to be limited; it is changed, so it must not be one that others use.
        authority: certificates in PEM to trust besides the system's, for one's own servers.

    Raises:
        ValueError: the ready context does not verify.
        ssl.SSLError: the authority is no certificate.
    """
    if context is None:
        context = ssl.create_default_context()
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("The TLS context does not verify the broker")
    if authority is not None:
        context.load_verify_locations(cadata=authority)
    context.sslsocket_class = _ClosedWhenRefused
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context
