"""YAML that remembers on which line each key and each entry of a list is."""

from typing import Any

import yaml

type Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


class YamlProblem(Exception):
    """A text that is no YAML, or says the same thing twice. `line` counts from 1."""

    def __init__(self, line: int, key: str, reason: str) -> None:
        """Keep where it is and what is wrong."""
        self.line = line
        self.key = key
        self.reason = reason
        super().__init__(f"line {line}, {key}: {reason}")


class LinedYaml:
    """A YAML document: its value, and the line of everything in it.

    Keys are text. `on`, `off`, `yes` and `no` are text too, as in YAML 1.2: they are names of options, not only truths.
    """

    def __init__(self, text: str) -> None:
        """Read a text; raises YamlProblem."""
        self._lines: dict[Path, int] = {(): 1}
        try:
            self._loader = yaml.SafeLoader(text)
            node = self._loader.get_single_node()
            self.value = None if node is None else self._read(node, ())
        except yaml.MarkedYAMLError as err:
            mark = err.problem_mark or err.context_mark
            raise YamlProblem(mark.line + 1 if mark else 1, "YAML", err.problem or str(err)) from err
        except yaml.YAMLError as err:
            raise YamlProblem(1, "YAML", str(err).replace("\n", " ")) from err
        except RecursionError:
            raise YamlProblem(1, "YAML", "something in it contains itself") from None

    def line(self, path: Path) -> int:
        """Return the line of a value, of what it would be in where it is not there itself."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _read(self, node: yaml.Node, path: Path) -> Any:
        # The first line is the one of the key that leads here
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._read(entry, (*path, index)) for index, entry in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in ("true", "false"):
            return node.value
        return self._loader.construct_object(node)

    def _read_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlProblem(line, "YAML", "a key is text, not a list or a mapping")
            key = key_node.value
            if key in result:
                raise YamlProblem(line, key, "it is there twice")
            self._lines[*path, key] = line
            result[key] = self._read(value_node, (*path, key))
        return result
