from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmCompanyMixin(models.AbstractModel):
    """What belongs to one company, and stays there.

    A model that inherits this also has a global record rule, in its add-on's
    ``security/``: ``tests/suite`` looks for it. It is of the form ``company_id in
    company_ids``; where records are of main companies (``_of_main_company``), whoever
    works in a branch reads them: ``company_id parent_of company_ids``.
    """

    _name = "crm.company.mixin"
    _description = "Belongs to a Company"
    _check_company_auto = True
    # Whether a branch has none of its own: those of its main company are meant.
    _of_main_company = False

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self._of_main_company:
            return super().create(vals_list)
        companies = self.env["res.company"]
        default = self.env.context.get("default_company_id") or self.env.company.id
        return super().create(
            [
                {
                    **vals,
                    "company_id": companies.browse(vals.get("company_id") or default)
                    ._get_value_root()
                    .id,
                }
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """The company is chosen once: figures and rights follow from it."""
        if "company_id" in vals and any(
            record.company_id.id != vals["company_id"] for record in self
        ):
            raise UserError(
                self.env._(
                    "The company cannot be changed afterwards. Create a new record in "
                    "the other company instead."
                )
            )
        return super().write(vals)
