"""AI user agents, and which of them fetch pages to train on: `manifests/ai_agents.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, StrictStr

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import parse

AGENTS_FILE = "manifests/ai_agents.yaml"
Function = Literal["training", "datasets", "search", "assistant", "agent", "coding", "collection", "unclear"]
# Who lets pages go into data sets that others train on is kept out for the same reason as who trains.
TRAINING: frozenset[Function] = frozenset({"training", "datasets"})


class Agent(Frozen):
    """One user agent.

    Args:
        name: product token, as a robots.txt would write it; with spaces where its operator uses them.
        function: what it is said to do.
        seen: page that says so, where it is not the file's source.
    """

    name: StrictStr = Field(min_length=2, pattern=r"^[^*/#:]+$")
    function: Function
    seen: StrictStr | None = None


class AgentFile(Frozen):
    """`manifests/ai_agents.yaml`.

    Args:
        source: where names and functions come from, and when they were read.
        license: of that source.
        copyright: line that its license asks to keep.
        agents: one entry per name; case does not matter.
    """

    source: StrictStr
    license: StrictStr
    copyright: StrictStr
    agents: tuple[Agent, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class AiAgents:
    """The agents by name.

    Args:
        functions: lower-case name -> function.
        training: lower-case name -> name as written, of those that train or fetch for those who do.
    """

    functions: Mapping[str, Function]
    training: Mapping[str, str]


def load_agents(text: str, file: str = AGENTS_FILE) -> AiAgents:
    """Return the agents of a YAML text.

    Raises:
        RecipeError: naming the field and what would be right; a name that stands twice.
    """
    functions: dict[str, Function] = {}
    training: dict[str, str] = {}
    for index, agent in enumerate(parse(text, AgentFile, file=file).agents):
        key = agent.name.casefold()
        if key in functions:
            raise RecipeError(f"{agent.name!r} stands twice", file=file, field=f"agents.{index}.name")
        functions[key] = agent.function
        if agent.function in TRAINING:
            training[key] = agent.name
    return AiAgents(functions, training)
