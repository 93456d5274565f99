"""Sensors."""

from datetime import datetime, timedelta
import time
from typing import override

from homeassistant.components.sensor import RestoreSensor, SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import MAX_LENGTH_STATE_STATE, Platform, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.dt import utcnow
from homeassistant.util.unit_conversion import DurationConverter

from .agent_entity import async_setup_agent_platform
from .agent_ptz import position_sensors
from .const import ATTR_FULL_VALUE
from .entity import DataPointEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import SensorRow
from .mapping.units import known_unit, resolve_sensor_unit
from .measure_entity import MeasureEntity, async_setup_measures
from .measures import MeasureKind
from .model import DataType, Device, Value, raw_text
from .model.increments import IncrementSum, reports_increments
from .model.temperature import temperature_unit, unit_setting

PARALLEL_UPDATES = 0

_END_JITTER = timedelta(minutes=1)
"""How far two ends of the same countdown may be apart: devices count it in minutes."""


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of an entry."""
    async_setup_platform(entry, Platform.SENSOR, _create, async_add_entities)
    async_setup_agent_platform(entry, position_sensors, async_add_entities)
    async_setup_measures(hass, entry, Platform.SENSOR, MeasureKind.COUNT_TODAY, MeasureSensor, async_add_entities)


class MeasureSensor(MeasureEntity, SensorEntity):
    """Shows how many of something there were today."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING

    @override
    @callback
    def _refresh(self) -> None:
        self._attr_native_value = self.measure.value()
        if self.measure.attributes is not None:
            self._attr_extra_state_attributes = self.measure.attributes()


def _create(hub: Hub, device: Device, plan: EntityPlan) -> DataPointSensor:
    """Return the sensor of a row."""
    row = plan.row
    assert isinstance(row, SensorRow)
    point = device.schema.points[row.data_point]
    if (row.sums or point.increments) and row.state_class is not SensorStateClass.MEASUREMENT:
        return IncrementSensor(hub, device, plan) if reports_increments(point) else DataPointSensor(hub, device, plan)
    return (EndTimeSensor if row.until else DataPointSensor)(hub, device, plan)


class DataPointSensor(DataPointEntity, SensorEntity):
    """Shows a data point, or a part of it."""

    entity_description: SensorRow

    _unrecorded_attributes = frozenset({ATTR_FULL_VALUE})

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take unit and options from the data point."""
        super().__init__(hub, device, plan)
        self._attr_extra_state_attributes = {}
        self._follows_unit_setting = False
        row, point = self.entity_description, self.point
        if point.type in (DataType.INTEGER, DataType.FLOAT) or row.part is not None:
            self._take_unit()
        elif point.type is DataType.ENUM and point.known and row.device_class in (None, SensorDeviceClass.ENUM):
            self._attr_device_class = SensorDeviceClass.ENUM
            self._attr_options = list(point.known)
            self._attr_native_unit_of_measurement = None
        elif point.type is DataType.TIMESTAMP:
            self._attr_device_class = SensorDeviceClass.TIMESTAMP

    def _take_unit(self) -> None:
        """Take the unit that the data point names, the row's own, or the one that the device is set to."""
        row, point = self.entity_description, self.point
        named = row.part is None
        self._attr_device_class, self._attr_native_unit_of_measurement = resolve_sensor_unit(
            row.device_class,
            point.unit if named else "",
            row.native_unit_of_measurement,
            unitless=named and point.unitless,
        )
        if row.device_class is not None and self._attr_device_class is None:
            # The class went because the unit does not fit it; a unit to convert to would not fit either
            self._attr_suggested_unit_of_measurement = None
            self._name_without_device_class()
        if point.scale and row.suggested_display_precision is None and row.suggested_unit_of_measurement is None:
            self._attr_suggested_display_precision = point.scale
        if (
            self._attr_device_class is SensorDeviceClass.TEMPERATURE
            and named
            and not point.unit
            and not row.data_point.endswith("_f")
            and (setting := unit_setting(self.device.schema)) is not None
        ):
            self._follows_unit_setting = True
            self.codes = (*self.codes, setting)

    @override
    @callback
    def _refresh(self) -> None:
        if self._follows_unit_setting:
            self._attr_native_unit_of_measurement = temperature_unit(self.device, self.code)
        value = self.point_value
        if value is not None and (part := self.entity_description.part) is not None:
            self._attr_native_value = part(value)
            return
        if isinstance(value, bytes | dict | list):
            # What nobody decodes is kept as the text that it came as
            value = raw_text(self.device.state[self.code])
        elif isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, str) and len(value) > MAX_LENGTH_STATE_STATE:
            self._attr_extra_state_attributes = {ATTR_FULL_VALUE: value}
            value = f"{value[: MAX_LENGTH_STATE_STATE - 1]}…"
        elif self._attr_extra_state_attributes:
            self._attr_extra_state_attributes = {}
        self._attr_native_value = value


class IncrementSensor(DataPointSensor, RestoreSensor):
    """Shows the sum of what a counter reports: each report is what came since the one before.

    The sum goes on after a restart. It begins with what the device said last; what it reports while Home Assistant is not
    there is lost, as no gateway keeps it. A cloud's message queue does, for two hours.
    """

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Begin at nothing."""
        super().__init__(hub, device, plan)
        if self.entity_description.state_class is None:
            self._attr_state_class = SensorStateClass.TOTAL_INCREASING
        self._sum = IncrementSum(self.point.scale)
        self._was_available = True

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the sum of before, and listen to the reports."""
        if (total := await self._restored()) is None:
            value = self.point_value
            total = value if isinstance(value, int | float) else 0
        self._sum.begin(total)
        self._was_available = self.available
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.listen_reports(self.device.id, self.code, self._reported, late=self._reported))

    async def _restored(self) -> float | None:
        """Return the sum of before in today's unit, None where there is none."""
        if (data := await self.async_get_last_sensor_data()) is None:
            return None
        try:
            total = float(data.native_value)  # type: ignore[arg-type]
        except TypeError, ValueError:
            return None
        unit = self._attr_native_unit_of_measurement
        converter = UNIT_CONVERTERS.get(self._attr_device_class) if self._attr_device_class else None
        if data.native_unit_of_measurement != unit and converter is not None:
            return converter.convert(total, data.native_unit_of_measurement, unit)
        return total

    @override
    @callback
    def _refresh(self) -> None:
        self._attr_native_value = self._sum.total

    @override
    @callback
    def _woken(self) -> None:
        available = self.available
        if available and not self._was_available:
            value = self.point_value
            self._sum.back(value if isinstance(value, int | float) else None, time.monotonic())
        self._was_available = available
        super()._woken()

    @callback
    def _reported(self, value: Value | None, number: int | None) -> None:
        """Add what was reported, unless the same report was added before."""
        if isinstance(value, int | float) and self._sum.add(value, number, time.monotonic()):
            self._attr_native_value = self._sum.total
            self.async_write_ha_state()


class EndTimeSensor(DataPointSensor):
    """Shows when a countdown ends: a time that stays, where the time left would be another with each minute."""

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Take the unit that the countdown counts in."""
        super().__init__(hub, device, plan)
        self._attr_device_class = SensorDeviceClass.TIMESTAMP
        self._attr_native_unit_of_measurement = None
        self._attr_suggested_display_precision = None
        self._unit = known_unit(self.point.unit, DurationConverter.VALID_UNITS) or UnitOfTime.MINUTES
        self._end: datetime | None = None

    @override
    @callback
    def _refresh(self) -> None:
        left = self.point_value
        if not isinstance(left, int | float) or left <= 0:
            self._end = None
        else:
            seconds = DurationConverter.convert(left, self._unit, UnitOfTime.SECONDS)
            end = utcnow() + timedelta(seconds=seconds)
            if self._end is None or abs(end - self._end) >= _END_JITTER:
                self._end = end
        self._attr_native_value = self._end
