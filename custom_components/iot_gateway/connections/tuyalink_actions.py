"""The actions of a thing model that the user has given a sequence: run with their inputs, answered with what it returns."""

import asyncio
from collections.abc import Collection, Mapping
import logging
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import SCRIPT_MODE_PARALLEL, Script, async_validate_actions_config
from homeassistant.helpers.trace import script_execution_get, trace_clear
import voluptuous as vol

from ..clients.tuyalink import DONE, FAILED, INVALID, NO_DEVICE, Action, ActionCall, LinkError, TuyaLink, answer_action
from ..const import DOMAIN
from ..exposures.exposure import ActionExposure
from ..exposures.sequences import sequence_is_sensitive
from .tuyalink_exposed import Exposed
from .tuyalink_models import Models
from .tuyalink_params import BadParameter, decode_inputs, encode_outputs

_LOGGER = logging.getLogger(__name__)

_DONE_WITHIN: Final = 30.0
"""Seconds after which an action that goes on is answered as failed; the sequence itself goes on."""
_RUNS_AT_ONCE: Final = 10
"""Runs of one action."""
_FINISHED: Final = "finished"
_INPUTS: Final = "inputs"
_OF_SCRIPTS: Final = frozenset({_INPUTS, "context", "this", "trigger", "wait", "repeat", "response"})
"""Names of variables that an input must not take."""


class Actions:
    """Runs the sequences of exposed actions, and no others.

    A sequence finds its inputs in `inputs`, by code, and each under its own code.
    """

    def __init__(self, hass: HomeAssistant, link: TuyaLink, exposed: Exposed, models: Models) -> None:
        """Have nothing to run yet."""
        self._hass = hass
        self._link = link
        self._exposed = exposed
        self._models = models
        self._scripts: dict[str, tuple[ActionExposure, Script]] = {}
        self._making = asyncio.Lock()
        self._runs: set[asyncio.Task[tuple[int, Any]]] = set()
        self.total = 0
        """Calls that came."""
        self.refused = 0
        """Those among them that led to nothing."""

    async def call(self, call: ActionCall) -> None:
        """Run an action and answer it; raises LinkLost."""
        self.total += 1
        outputs: dict[str, Any] = {}
        code, action, exposure = self._find(call)
        if action is not None and exposure is not None:
            try:
                inputs = decode_inputs(action.inputs, call.inputs)
            except BadParameter as err:
                _LOGGER.warning("The cloud's call of the action %s is not understood: %s", call.code, err)
                code = INVALID
            else:
                code, returned = await self._run_within(exposure, inputs)
                if code == DONE:
                    outputs, problems = encode_outputs(action.outputs, returned)
                    for name, problem in problems.items():
                        _LOGGER.warning("The action %s does not answer with %s: %s", call.code, name, problem)
        if code != DONE:
            self.refused += 1
        try:
            await answer_action(self._link, call, code, outputs)
        except LinkError as err:
            # Of too many outputs: the cloud shall hear that it was done all the same
            if not self._link.connected:
                raise
            _LOGGER.warning("The action %s cannot be answered with its outputs: %s", call.code, err)
            await answer_action(self._link, call, code)

    async def stop(self) -> None:
        """Unload the sequences; those that run are stopped."""
        scripts, self._scripts = self._scripts, {}
        for _, script in scripts.values():
            await script.async_unload()

    def _find(self, call: ActionCall) -> tuple[int, Action | None, ActionExposure | None]:
        """Return what a call is for, or the answer's code where it is for nothing."""
        product_id = self._exposed.product_of(call.device_id)
        if product_id is None or call.device_id not in self._exposed.device_ids:
            return NO_DEVICE, None, None
        exposure = self._exposed.action_of(call.device_id, call.code)
        model = self._models.get(product_id)
        action = None if model is None else model.actions.get(call.code)
        if exposure is None or action is None:
            # There is no code for that among the cloud's
            return INVALID, None, None
        if not exposure.confirmed and sequence_is_sensitive(exposure.sequence):
            _LOGGER.warning("The action %s is not confirmed, so the cloud cannot call it", call.code)
            return FAILED, None, None
        return DONE, action, exposure

    async def _run_within(self, exposure: ActionExposure, inputs: Mapping[str, Any]) -> tuple[int, Any]:
        run = self._hass.async_create_task(self._run(exposure, inputs), f"tuyalink action {exposure.code}")
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        _ = await asyncio.wait((run,), timeout=_DONE_WITHIN)
        if not run.done():
            _LOGGER.warning("The action %s is not done after %s s", exposure.code, _DONE_WITHIN)
            return FAILED, None
        return run.result()

    async def _run(self, exposure: ActionExposure, inputs: Mapping[str, Any]) -> tuple[int, Any]:
        """Run a sequence; returns the answer's code and what the sequence returns."""
        # Of this task alone: it says how the run ended, which its result does not
        trace_clear()
        try:
            script = await self._script(exposure)
            result = await script.async_run(
                {name: value for name, value in inputs.items() if name.isidentifier() and name not in _OF_SCRIPTS}
                | {_INPUTS: dict(inputs)},
                Context(),
            )
        except (HomeAssistantError, vol.Invalid) as err:
            _LOGGER.warning("The action %s failed: %s", exposure.code, err)
            return FAILED, None
        except Exception:
            _LOGGER.exception("The action %s failed", exposure.code)
            return FAILED, None
        if result is None or script_execution_get() != _FINISHED:
            _LOGGER.warning("The action %s ended early: %s", exposure.code, script_execution_get())
            return FAILED, None
        return DONE, result.service_response

    async def keep_only(self, subentry_ids: Collection[str]) -> None:
        """Unload the sequences of exposures that are no more."""
        for subentry_id in self._scripts.keys() - set(subentry_ids):
            _, script = self._scripts.pop(subentry_id)
            await script.async_unload()

    async def _script(self, exposure: ActionExposure) -> Script:
        """Return the script of an action, made anew where the user has changed it."""
        async with self._making:
            return await self._make_script(exposure)

    async def _make_script(self, exposure: ActionExposure) -> Script:
        known = self._scripts.get(exposure.subentry_id)
        if known is not None:
            if known[0] == exposure:
                return known[1]
            del self._scripts[exposure.subentry_id]
            await known[1].async_unload()
        sequence = await async_validate_actions_config(self._hass, cv.SCRIPT_SCHEMA(_plain(exposure.sequence)))
        script = Script(
            self._hass,
            sequence,
            f"TuyaLink {exposure.code}",
            DOMAIN,
            running_description="TuyaLink action",
            script_mode=SCRIPT_MODE_PARALLEL,
            max_runs=_RUNS_AT_ONCE,
            logger=_LOGGER,
        )
        self._scripts[exposure.subentry_id] = exposure, script
        return script


def _plain(value: Any) -> Any:
    """Return data of a subentry as validators take it: they know no mapping but a dict."""
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value
