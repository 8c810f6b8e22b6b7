"""Real purchases for a database: what `tools.data` loads.

`cdnow` reads the files, `wheel` fetches them; the modules named `odoo_…` run inside
`odoo shell`.
"""
