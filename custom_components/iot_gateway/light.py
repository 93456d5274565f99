"""Lights."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_EFFECT,
    ATTR_HS_COLOR,
    ATTR_WHITE,
    EFFECT_OFF,
    ColorMode,
    LightEntityFeature,
)
from homeassistant.components.light.helper import filter_supported_color_modes
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import LightRow
from .model import DataPoint, Device
from .model.color import (
    MAX_KELVIN,
    MIN_KELVIN,
    BrightnessCodec,
    ColorCodec,
    Hsv,
    TemperatureCodec,
    is_second_generation,
)
from .model.light_scene import (
    COLOR_MODES,
    SCENE_MODE,
    WHITE_MODES,
    LightScene,
    decode_scene,
    encode_scene,
    holds_scenes,
    standard_scenes,
)

PARALLEL_UPDATES = 0

_STEADY_MODES = frozenset({*WHITE_MODES, *COLOR_MODES})
_WHOLE_RANGE = (0.0, 255.0)


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the lights of an entry."""
    async_setup_platform(entry, Platform.LIGHT, TuyaLight, async_add_entities)


class TuyaLight(CompositeEntity, LightEntity):
    """A light: its work mode says which of its data points it follows."""

    entity_description: LightRow
    _attr_min_color_temp_kelvin = MIN_KELVIN
    _attr_max_color_temp_kelvin = MAX_KELVIN

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take from the data points what the light can do."""
        super().__init__(hub, device, plan)
        points: Mapping[str, DataPoint] = {role: device.schema.points[code] for role, code in self.roles.items()}
        generation = is_second_generation(points.values()) or self.entity_description.counts_to_1000
        self._brightness = (
            BrightnessCodec(points["brightness"], second_generation=generation) if "brightness" in points else None
        )
        self._temperature = (
            TemperatureCodec(points["color_temp"], second_generation=generation) if "color_temp" in points else None
        )
        self._color = ColorCodec(points["color"], second_generation=generation) if "color" in points else None
        # The limits of a dimmer count only together
        self._limits = (
            (
                BrightnessCodec(points["brightness_min"], second_generation=True),
                BrightnessCodec(points["brightness_max"], second_generation=True),
            )
            if {"brightness", "brightness_min", "brightness_max"} <= points.keys()
            else None
        )
        modes = points["work_mode"].options if "work_mode" in points else ()
        self._white_mode = next((mode for mode in modes if mode in WHITE_MODES), None)
        self._color_mode = next((mode for mode in modes if mode in COLOR_MODES), None) if self._color else None
        self._steady_mode = self._white_mode or self._color_mode
        self._hsv: Hsv | None = None
        self._scene: LightScene | None = None
        self._set_color_modes()
        self._set_effects(modes, points.get("scene"), generation)

    def _set_color_modes(self) -> None:
        modes = {ColorMode.ONOFF}
        if self._brightness:
            modes.add(ColorMode.BRIGHTNESS)
        if self._color:
            modes.add(ColorMode.HS)
        if self._temperature:
            modes.add(ColorMode.COLOR_TEMP)
        elif self._color and self._white_mode:
            modes.add(ColorMode.WHITE)
        supported = filter_supported_color_modes(modes)
        self._attr_supported_color_modes = supported
        self._only_color_mode = next(iter(supported)) if len(supported) == 1 else None
        self._white_color_mode = ColorMode.COLOR_TEMP if self._temperature else ColorMode.WHITE

    def _set_effects(self, modes: tuple[str, ...], scene: DataPoint | None, generation: bool) -> None:
        """Effects are the work modes that are more than white or colour, and the standard scenes."""
        self._effect_modes = tuple(mode for mode in modes if mode not in _STEADY_MODES)
        self._scenes = (
            standard_scenes(white=bool(self._brightness or self._temperature), color=self._color is not None)
            if scene is not None and holds_scenes(scene, second_generation=generation)
            else {}
        )
        self._scene_names = {standard.number: name for name, standard in self._scenes.items()}
        if self._effect_modes:
            off = (EFFECT_OFF,) if self._steady_mode else ()
            self._attr_effect_list = list(dict.fromkeys((*off, *self._scenes, *self._effect_modes)))
            self._attr_supported_features = LightEntityFeature.EFFECT

    @override
    @callback
    def _refresh(self) -> None:
        on = self.value("switch")
        self._attr_is_on = on if isinstance(on, bool) else None
        self._hsv = self._color.decode(self.value("color")) if self._color else None
        self._attr_hs_color = (self._hsv.hue, self._hsv.saturation) if self._hsv else None
        self._attr_color_temp_kelvin = self._temperature.decode(self.value("color_temp")) if self._temperature else None
        self._scene = None
        mode = self.value("work_mode")
        self._attr_effect = EFFECT_OFF if mode in _STEADY_MODES else None
        if self._effect_modes and isinstance(mode, str) and mode not in _STEADY_MODES:
            self._refresh_effect(mode)
            return
        if mode in (self._white_mode, self._color_mode) and isinstance(mode, str):
            self._steady_mode = mode
        self._attr_color_mode = self._steady_color_mode(mode)
        if self._attr_color_mode is ColorMode.HS:
            self._attr_brightness = self._hsv.brightness if self._hsv else None
        else:
            self._attr_brightness = self._white_brightness()

    def _refresh_effect(self, mode: str) -> None:
        """Show a work mode that is an effect; of a scene it is known how bright it is."""
        self._attr_effect = mode
        if mode == SCENE_MODE and self._scenes and (scene := decode_scene(self.value("scene"))) is not None:
            self._scene = scene
            self._attr_effect = self._scene_names.get(scene.number, mode)
        self._attr_brightness = self._scene.brightness if self._scene else None
        self._attr_color_mode = ColorMode.ONOFF if self._attr_brightness is None else ColorMode.BRIGHTNESS

    def _steady_color_mode(self, mode: object) -> ColorMode:
        if self._only_color_mode is not None:
            return self._only_color_mode
        if mode is None and "work_mode" in self.roles:
            return ColorMode.UNKNOWN
        # A light that has no work mode shows whatever was set last, which nothing says; white is likelier
        return ColorMode.HS if mode is not None and mode == self._color_mode else self._white_color_mode

    def _white_brightness(self) -> int | None:
        if self._brightness is None:
            return None
        return self._brightness.decode(self.value("brightness"), self._brightness_limits())

    def _brightness_limits(self) -> tuple[float, float]:
        """Return the part of the whole range of brightness, 0 to 255, that the device uses."""
        if self._limits is None:
            return _WHOLE_RANGE
        low, high = (
            codec.limit(self.value(role))
            for codec, role in zip(self._limits, ("brightness_min", "brightness_max"), strict=True)
        )
        return _WHOLE_RANGE if low is None or high is None or low >= high else (low, high)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn the light on; all that changes goes out in one command."""
        brightness: int | None = kwargs.get(ATTR_BRIGHTNESS, kwargs.get(ATTR_WHITE))
        effect: str | None = kwargs.get(ATTR_EFFECT)
        values: dict[str, Any] = {"switch": True}
        if effect is not None and effect != EFFECT_OFF:
            values |= self._effect(effect, brightness)
        elif ATTR_HS_COLOR in kwargs:
            hue, saturation = kwargs[ATTR_HS_COLOR]
            values |= self._colored(hue, saturation, brightness or self._attr_brightness)
        elif ATTR_COLOR_TEMP_KELVIN in kwargs or ATTR_WHITE in kwargs:
            values |= self._white_mode_value() | self._white(brightness, kwargs.get(ATTR_COLOR_TEMP_KELVIN))
        elif effect == EFFECT_OFF or brightness is not None:
            values |= self._steady(brightness, end_effect=effect == EFFECT_OFF)
        await self._set(values)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn the light off."""
        await self._set({"switch": False})

    def _effect(self, effect: str, brightness: int | None) -> dict[str, Any]:
        """Return what shows an effect: a standard scene, or a work mode."""
        if (scene := self._scenes.get(effect)) is None:
            return {"work_mode": effect} if "work_mode" in self.roles else {}
        return self._of_scene(scene if brightness is None else scene.dimmed(brightness))

    def _of_scene(self, scene: LightScene) -> dict[str, Any]:
        point = self.point("scene")
        assert point is not None
        return {"work_mode": SCENE_MODE, "scene": encode_scene(scene, point, self.value("scene"))}

    def _steady(self, brightness: int | None, *, end_effect: bool) -> dict[str, Any]:
        """Return what sets the brightness of what the light shows, an effect included unless that shall end."""
        if brightness is None:
            known = (None, self.value("work_mode"))
            return {} if self._steady_mode in known else {"work_mode": self._steady_mode}
        if self._scene is not None and not end_effect:
            return self._of_scene(self._scene.dimmed(brightness))
        in_color = (
            self._attr_color_mode is ColorMode.HS
            if self._attr_effect in (None, EFFECT_OFF)
            else self._steady_mode is not None and self._steady_mode == self._color_mode
        )
        if in_color or self._only_color_mode is ColorMode.HS:
            hue, saturation = self._attr_hs_color or (0.0, 0.0)
            return self._colored(hue, saturation, brightness)
        in_white = self.value("work_mode") == self._white_mode
        return ({} if in_white else self._white_mode_value()) | self._white(brightness)

    def _colored(self, hue: float, saturation: float, brightness: int | None) -> dict[str, Any]:
        assert self._color is not None
        mode = {} if self._color_mode is None else {"work_mode": self._color_mode}
        color = Hsv(hue=hue, saturation=saturation, brightness=brightness or 255)
        return mode | {"color": self._color.encode(color, self.value("color"))}

    def _white_mode_value(self) -> dict[str, Any]:
        return {} if self._white_mode is None else {"work_mode": self._white_mode}

    def _white(self, brightness: int | None, kelvin: int | None = None) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if self._temperature and kelvin is not None:
            values["color_temp"] = self._temperature.encode(kelvin)
        if self._brightness and brightness is not None:
            values["brightness"] = self._brightness.encode(brightness, self._brightness_limits())
        return values
