"""Statistics of repeat buying in plain Python: no database, no Odoo, no dependency.

The official images of Odoo carry neither NumPy nor SciPy, and a fit needs a few hundred
evaluations of a sum over at most 20,000 customers: the standard library does it in about
two seconds. See docs/architecture.md, "Statistics".
"""

from . import gamma_gamma, mbg_nbd, optimize

__all__ = ["gamma_gamma", "mbg_nbd", "optimize"]
