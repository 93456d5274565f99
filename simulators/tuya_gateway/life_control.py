"""The remote control of a life: `/life {running, rate}` and `/step {seconds}`."""

from simulators.remote_control import Action, Body, number, set_life

from .life import Life

HIGHEST_RATE = 100_000.0
LONGEST_STEP = 30 * 24 * 3600.0


def life_actions(life: Life) -> dict[str, Action]:
    """Return what lets time go by or stand still, and what lets some seconds go by at once and tells the number of reports."""

    async def set_running(body: Body) -> Body:
        return await set_life(life, body, HIGHEST_RATE)

    async def step(body: Body) -> Body:
        return {"reports": await life.step(number(body, "seconds", LONGEST_STEP))}

    return {"/life": set_running, "/step": step}
