"""Which sequences of actions need a confirmation."""

from typing import Any

from homeassistant.helpers import config_validation as cv
import pytest

from custom_components.iot_gateway.exposures.sequences import sequence_is_sensitive

LIGHT: dict[str, Any] = {"action": "light.turn_on", "target": {"entity_id": "light.a"}}
UNLOCK: dict[str, Any] = {"action": "lock.unlock", "target": {"entity_id": "lock.a"}}

HARMLESS: tuple[Any, ...] = (
    [],
    [LIGHT],
    [{"service": "switch.toggle", "target": {"entity_id": "{{ inputs.which }}"}}],
    [{"delay": 5}, {"variables": {"action": "lock.unlock"}}, {"stop": "done", "response_variable": "it"}],
    [{"condition": "state", "entity_id": "lock.a", "state": "locked"}, LIGHT],
    [{"if": [{"condition": "template", "value_template": "{{ true }}"}], "then": [LIGHT]}],
    [{"action": "notify.notify", "data": {"message": "m", "data": {"actions": [{"action": "lock.unlock", "title": "t"}]}}}],
    [{"device_id": "d", "domain": "light", "entity_id": "light.a", "type": "turn_on"}],
    [{"wait_for_trigger": [{"trigger": "event", "event_type": "something"}]}, LIGHT],
)  # fmt: skip
SENSITIVE: tuple[Any, ...] = (
    [UNLOCK],
    [{"service": "lock.open", "target": {"entity_id": "lock.a"}}],
    [{"action": "alarm_control_panel.alarm_disarm"}],
    [{"action": "cover.open_cover", "target": {"entity_id": "cover.blind"}}],
    [{"action": "valve.open_valve"}],
    [{"action": "homeassistant.turn_on", "target": {"entity_id": "light.a"}}],
    [{"action": "homeassistant.toggle"}],
    [{"action": "script.turn_on"}],
    [{"action": "script.open_the_door"}],
    [{"action": "automation.trigger"}],
    [{"action": "scene.turn_on"}],
    [{"scene": "scene.evening"}],
    [{"event": "something"}],
    [LIGHT, {"parallel": [{"event": "something", "event_data": {"of": "an automation"}}]}],
    [{"action": "shell_command.anything"}],
    [{"action": "python_script.anything"}],
    [{"action": "hassio.host_reboot"}],
    [{"action": "zwave_js.set_value"}],
    [{"action": "conversation.process", "data": {"text": "{{ inputs.text }}"}}],
    [{"action": "remote.send_command", "data": {"command": "garage"}}],
    [{"action": "{{ inputs.service }}"}],
    [{"action": "light.{{ inputs.service }}"}],
    [{"action": "{% if x %}lock.unlock{% endif %}"}],
    [{"action": "LOCK.unlock"}],
    [{"device_id": "d", "domain": "lock", "entity_id": "lock.a", "type": "unlock"}],
    [{"device_id": "d", "domain": "zha", "type": "squawk"}],
    [LIGHT, {"if": [{"condition": "template", "value_template": "{{ true }}"}], "then": [LIGHT], "else": [UNLOCK]}],
    [{"choose": [{"conditions": [], "sequence": [LIGHT]}, {"conditions": [], "sequence": [UNLOCK]}]}],
    [{"choose": [], "default": [UNLOCK]}],
    [{"repeat": {"count": 2, "sequence": [UNLOCK]}}],
    [{"parallel": [{"sequence": [LIGHT]}, {"sequence": [[UNLOCK]]}]}],
    [{"sequence": [{"sequence": [UNLOCK]}]}],
    [{"action": 7}],
)


@pytest.mark.parametrize("sequence", HARMLESS, ids=range(len(HARMLESS)))
def test_harmless(sequence: Any) -> None:
    """Lights and the like, whatever stands around them."""
    assert sequence_is_sensitive(sequence) is False


@pytest.mark.parametrize("sequence", SENSITIVE, ids=range(len(SENSITIVE)))
def test_sensitive(sequence: Any) -> None:
    """Locks, alarms, entrances, and what cannot be seen through, at any depth."""
    assert sequence_is_sensitive(sequence) is True


async def test_as_home_assistant_reads_them(hass: Any) -> None:
    """What Home Assistant makes of a sequence when it checks it is judged alike."""
    short = [{"parallel": [LIGHT, {"service": "lock.unlock", "data": {"entity_id": "lock.a"}}]}]
    assert sequence_is_sensitive(cv.SCRIPT_SCHEMA(short)) is True
    template = [{"action": "{{ 'lock.unlock' }}", "data": {}}]
    assert sequence_is_sensitive(cv.SCRIPT_SCHEMA(template)) is True
    assert sequence_is_sensitive(cv.SCRIPT_SCHEMA([{"service": "light.turn_on"}, {"delay": {"seconds": 1}}])) is False
