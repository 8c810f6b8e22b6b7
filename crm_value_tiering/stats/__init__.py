"""Statistics of repeat buying in plain Python: no database, no Odoo, no dependency.

The official images of Odoo carry neither NumPy nor SciPy, and with its derivatives a fit
needs some thirty evaluations of a sum over a sample of customers: the standard library does
it in less than a second. See docs/architecture.md, "Statistics".
"""

from . import gamma_gamma, mbg_nbd, optimize, scale, special

__all__ = ["gamma_gamma", "mbg_nbd", "optimize", "scale", "special"]
