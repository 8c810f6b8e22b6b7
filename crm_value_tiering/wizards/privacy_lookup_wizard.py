from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import escape_psql


class PrivacyLookupWizard(models.TransientModel):
    """Also finds what was written about the person, on whatever record."""

    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        query = super()._get_query()
        patterns = [
            f"%{escape_psql(text.strip())}%" for text in (self.name, self.email)
        ]
        mixin = self.env.registry["crm.erasable.mixin"]
        for model in self.env.values():
            if model._abstract or not isinstance(model, mixin):
                continue
            if not model._erasable_texts:
                continue  # it only has its own way to forget somebody
            query = SQL(
                "%s UNION SELECT %s, id, %s FROM %s WHERE %s",
                query,
                self.env["ir.model"]._get_id(model._name),
                SQL.identifier("active") if "active" in model else True,
                SQL.identifier(model._table),
                SQL(" OR ").join(
                    SQL("%s::text ILIKE ANY(%s)", SQL.identifier(name), patterns)
                    for name in model._erasable_texts
                ),
            )
        return query
