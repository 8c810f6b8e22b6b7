from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrmNamedMixin(models.AbstractModel):
    """What figures, costs or history name can be archived, not deleted.

    The database refuses it too, in words that help nobody. A module that refers to a
    model with ``ondelete="restrict"`` inherits this there and adds its field.
    """

    _name = "crm.named.mixin"
    _description = "Named by Figures and History"

    @api.model
    def _get_naming_fields(self):
        """Hook: list of (model, field) that refer to this model and hold it."""
        return []

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        for model, name in self._get_naming_fields():
            records = self.env[model].sudo().with_context(active_test=False)
            groups = records._read_group(Domain(name, "in", self.ids), [name])
            if groups:
                raise UserError(
                    self.env._(
                        "%(names)s cannot be deleted: records of the kind “%(kind)s” "
                        "name it, and would be lost or no longer true. Archive it "
                        "instead.",
                        names=", ".join(sorted(g[0].display_name for g in groups)),
                        kind=self.env["ir.model"]._get(model).name,
                    )
                )
