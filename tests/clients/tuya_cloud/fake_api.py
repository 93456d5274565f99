"""The API of a project whose answers a test gives."""

from collections.abc import Mapping
from typing import Any, Final, override

from custom_components.iot_gateway.clients.tuya_cloud.api import TuyaCloudApi
from custom_components.iot_gateway.clients.tuya_cloud.errors import CloudError, error_of

DEVICE: Final = "6cf2b6d2b09a2f8597"
UID: Final = "ay1564026880284v"
NOW: Final = 1600847205.437


class FakeApi(TuyaCloudApi):
    """Answers calls by their method and path, and notes them."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, str, Any, Any, str | None]] = []
        self.answers: dict[str, Any] = answers

    @override
    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Any:
        self.calls.append((method, path, query, body, name))
        answer = self.answers.get(f"{method} {path}", error_of(1108, "uri path invalid"))
        if isinstance(answer, CloudError):
            raise answer
        return answer

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _, _ in self.calls]
