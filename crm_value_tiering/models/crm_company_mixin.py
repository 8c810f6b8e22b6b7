from odoo import fields, models
from odoo.exceptions import UserError


class CrmCompanyMixin(models.AbstractModel):
    """What belongs to one company, and stays there.

    A model that inherits this also has a global record rule of the one form ``company_id
    in company_ids``, in its add-on's ``security/``: ``tests/suite`` looks for it.
    """

    _name = "crm.company.mixin"
    _description = "Belongs to a Company"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
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
