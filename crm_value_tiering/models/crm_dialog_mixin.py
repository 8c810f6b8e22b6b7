from odoo import api, fields, models
from odoo.exceptions import AccessError


class CrmDialogMixin(models.AbstractModel):
    """A dialog that does something for one of the user's current companies.

    A model that inherits this also has the record rule ``create_uid = user.id``, in its
    add-on's ``security/``. Its computed fields are computed before the company is
    checked, by ``onchange`` without any record at all: they ask :meth:`_get_company`,
    and stored ones say ``compute_sudo=False``, since Odoo computes those as superuser.
    Neither they nor defaults create anything: whoever only looks leaves no trace.

    ``tests/suite/test_registry_dialogs.py`` looks for all of this.
    """

    _name = "crm.dialog.mixin"
    _description = "Dialog of a Company"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
        ondelete="cascade",
    )

    # Not a constraint: Odoo runs those as superuser.
    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        dialogs = super().create(vals_list)
        for dialog in dialogs:
            dialog._get_company()
        return dialogs

    def write(self, vals):
        result = super().write(vals)
        for dialog in self if "company_id" in vals else ():
            dialog._get_company()
        return result

    def _get_company(self):
        """The company of the dialog; while it is empty, the current one.

        :raise AccessError: when it is not among the user's current companies
        """
        company = self.company_id or self.env.company
        if company not in self.env.companies and not self.env.su:
            raise AccessError(
                self.env._(
                    "You can do this for your own companies only. Choose them at the "
                    "top right."
                )
            )
        return company
