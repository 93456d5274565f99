"""Home Assistant's configuration directory for the demo."""

from dataclasses import dataclass
import json
from pathlib import Path
import secrets
from typing import Any

from .processes import ROOT

_CONFIGURATION = """\
# Made by scripts/demo, once; change what you like.
homeassistant:
  name: Demo home
  latitude: 52.3731
  longitude: 4.8922
  elevation: 2
  unit_system: metric
  currency: EUR
  country: NL
  time_zone: Europe/Amsterdam
  auth_providers:
    # Whoever opens the page on this very machine is logged in.
    - type: trusted_networks
      trusted_networks:
        - 127.0.0.0/8
        - ::1/128
      allow_bypass_login: true
    - type: homeassistant

frontend:
config:
history:
logbook:
energy:
recorder:
  commit_interval: 5

logger:
  default: warning
  logs:
    homeassistant.components.http: error
    homeassistant.components.marketplace: error
    homeassistant.loader: error
    custom_components.iot_gateway: info
"""

# Of Home Assistant's own steps for a new home only the first is left, the user; the others would set up integrations that ask
# the internet.
_ONBOARDING = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}


@dataclass(frozen=True, slots=True)
class ConfigDir:
    """The directory, and what the demo itself remembers in it from one start to the next."""

    path: Path

    @property
    def _memory(self) -> Path:
        return self.path / "demo.json"

    def prepare(self, host: str, port: int) -> None:
        """Write what a first start needs, and on every start the address on which Home Assistant is to listen."""
        storage = self.path / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        configuration = self.path / "configuration.yaml"
        if not configuration.exists():
            configuration.write_text(_CONFIGURATION, encoding="utf-8")
            (storage / "onboarding").write_text(json.dumps(_ONBOARDING), encoding="utf-8")
        components = self.path / "custom_components"
        components.mkdir(exist_ok=True)
        integration = components / "iot_gateway"
        if not integration.exists():
            integration.unlink(missing_ok=True)  # of a checkout that is gone
            integration.symlink_to(ROOT / "custom_components" / "iot_gateway")
        # In the first version of this file, which Home Assistant completes and brings up to date by itself
        http = {"version": 1, "key": "http", "data": {"server_host": [host], "server_port": port}}
        (storage / "http").write_text(json.dumps(http), encoding="utf-8")

    def recall(self) -> dict[str, Any]:
        """Return what was remembered: {"username", "password", "simulators": {name: {...}}}."""
        if self._memory.exists():
            memory: dict[str, Any] = json.loads(self._memory.read_text(encoding="utf-8"))
            return memory
        return {"username": "demo", "password": secrets.token_hex(4), "simulators": {}}

    def remember(self, memory: dict[str, Any]) -> None:
        """Keep this for the next start with this directory."""
        self._memory.write_text(json.dumps(memory, indent=2) + "\n", encoding="utf-8")
        self._memory.chmod(0o600)
