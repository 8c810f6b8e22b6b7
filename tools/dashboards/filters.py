"""What the reader of a dashboard can choose, and on which fields it acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Filter:
    """A filter above the board.

    :param key: its id; `matching` of the board refers to it
    :param model: of a relation; empty: a period
    :param default: of a period, for example ``last_12_months``
    """

    key: str
    label: str
    model: str = ""
    default: str = ""

    def to_dict(self) -> dict[str, Any]:
        common = {"id": self.key, "label": self.label}
        if not self.model:
            default = {"defaultValue": self.default} if self.default else {}
            return {**common, "type": "date", **default}
        return {**common, "type": "relation", "modelName": self.model}


@dataclass(frozen=True)
class Match:
    """The field by which a filter acts on a model."""

    chain: str
    type: str = "many2one"
