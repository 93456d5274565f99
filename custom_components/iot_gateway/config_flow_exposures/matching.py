"""How a tie that a user makes works, or what is in its way."""

from ..clients.tuyalink import ThingModel
from ..exposures.conversion import Conversion, Obstacle, conversion
from ..exposures.event_conversion import EventConversion, event_conversion
from ..exposures.exposure import EVENT, Pair
from ..exposures.facet import Facet

type Match = Conversion | EventConversion | Obstacle


def match_of(facet: Facet, pair: Pair, model: ThingModel) -> Match:
    """Return how a tie works, to what the model does have."""
    if pair.kind == EVENT:
        return event_conversion(facet, model.events[pair.code], pair.choices, pair.parameter)
    return conversion(facet, model.properties[pair.code], pair.choices)
