"""The definition of a product's thing model (action DescribeModelDefinition); what it means is `thing_model`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .api import TencentApi
from .loose import as_integer, as_mapping, as_text, entries, from_json

_PARTS: Final = ("properties", "events", "actions")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDefinition:
    """The three definitions that make up a product's model, as JSON objects; empty where there is none.

    `own` is what the maker defined, `category` and `net_type` bring the system's properties. `updated` is when it last
    changed, in seconds since the epoch, None where that is not told.
    """

    own: Mapping[str, Any] = field(default_factory=dict)
    category: Mapping[str, Any] = field(default_factory=dict)
    net_type: Mapping[str, Any] = field(default_factory=dict)
    updated: int | None = None

    @property
    def merged(self) -> dict[str, Any]:
        """Return the union: of entries with the same id the maker's, then the category's, then the net type's."""
        merged = {**self.net_type, **self.category, **self.own}
        for part in _PARTS:
            found: dict[str, Mapping[str, Any]] = {}
            unnamed: list[Mapping[str, Any]] = []
            for definition in (self.own, self.category, self.net_type):
                for entry in entries(definition.get(part)):
                    if id_ := as_text(entry.get("id")):
                        found.setdefault(id_, entry)
                    else:
                        unnamed.append(entry)
            merged[part] = [*found.values(), *unnamed]
        return merged


async def get_model(api: TencentApi, product_id: str) -> ModelDefinition:
    """Return the definition of a product's model, an empty one where it has none; raises TencentError."""
    answer = await api.call("DescribeModelDefinition", {"ProductId": product_id})
    model = as_mapping(answer.get("Model"))
    return ModelDefinition(
        own=as_mapping(from_json(model.get("ModelDefine"))),
        category=as_mapping(from_json(model.get("CategoryModel"))),
        net_type=as_mapping(from_json(model.get("NetTypeModel"))),
        updated=as_integer(model.get("UpdateTime")),
    )
