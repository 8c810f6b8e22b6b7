"""Statistics of complaints in plain Python: no database, no Odoo, no dependency."""

from . import effect, surveillance

__all__ = ["effect", "surveillance"]
