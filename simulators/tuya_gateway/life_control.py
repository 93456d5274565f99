"""The remote control of a life: `/life {running, rate}` and `/step {seconds}`."""

from simulators.remote_control import Body, flag, number

from .life import Life

HIGHEST_RATE = 100_000.0
LONGEST_STEP = 30 * 24 * 3600.0


async def set_life(life: Life, body: Body) -> Body:
    """Let time go by or stand still, and how fast; what is not said stays. Raises BadRequest."""
    rate = number(body, "rate", HIGHEST_RATE, default=life.rate)
    running = flag(body, "running") if "running" in body else life.running
    life.rate = rate
    if running:
        life.start()
    else:
        await life.stop()
    return {"running": running, "rate": rate}


async def step_life(life: Life, body: Body) -> Body:
    """Let some seconds go by at once; tell how many reports that made. Raises BadRequest."""
    return {"reports": await life.step(number(body, "seconds", LONGEST_STEP))}
