"""The protocols, one package each: pure asyncio, no line of Home Assistant, nothing of the rest of the project."""
