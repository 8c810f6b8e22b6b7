"""Statistics of complaints in plain Python: no database, no Odoo, no dependency."""

from . import effect, ranks, surveillance

__all__ = ["effect", "ranks", "surveillance"]
