"""Statistics of answers in plain Python: no database, no Odoo, no dependency."""

from . import intervals

__all__ = ["intervals"]
