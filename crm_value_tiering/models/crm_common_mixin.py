from odoo import api, models
from odoo.exceptions import AccessError


class CrmCommonMixin(models.AbstractModel):
    """What all companies share: a change is seen, and felt, in each of them.

    The right of the model is not enough then: users also work in every company, or are
    administrators of the settings. With one company this is the same. Values that each
    company has for itself (``company_dependent``) need the right of the model only.
    """

    _name = "crm.common.mixin"
    _description = "Common to All Companies"

    @api.model
    def _check_may_change(self):
        """:raise AccessError: when the user may not change what others share"""
        if self.env.su or self.env.user.has_group("base.group_system"):
            return
        others = [("id", "not in", self.env.user.company_ids.ids)]
        if self.env["res.company"].sudo().search_count(others, limit=1):
            raise AccessError(
                self.env._(
                    "All companies share this (%(what)s), and you do not work in all "
                    "of them. Ask somebody who does, or an administrator.",
                    what=self.env["ir.model"]._get(self._name).name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        self._check_may_change()
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        if any(
            not self._fields[name].company_dependent
            for name in vals
            if name in self._fields
        ):
            self._check_may_change()
        return super().write(vals)

    def unlink(self):
        self.check_access("unlink")
        self._check_may_change()
        return super().unlink()
