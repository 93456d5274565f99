"""How the simulators' HTTP servers begin to listen."""

import ssl

from aiohttp import web


async def listen(
    runner: web.AppRunner,
    host: str,
    port: int,
    *,
    reuse_address: bool | None = None,
    context: ssl.SSLContext | None = None,
) -> int:
    """Have an application listen and return its port; OSError if that is taken, and then nothing of it is left.

    `port` 0 lets the system pick one. `reuse_address` is for servers that stop and start at the same place; with a `context` it is TLS.
    """
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=reuse_address, ssl_context=context).start()
    except OSError:
        await runner.cleanup()
        raise
    bound: int = runner.addresses[0][1]
    return bound
