from odoo import api, fields, models
from odoo.tools import SQL


class CrmIncentivePartMixin(models.AbstractModel):
    """A part of a version of a plan: open until the version is approved.

    Whoever changes a part becomes an author of the version and cannot approve it.
    """

    _name = "crm.incentive.part.mixin"
    _inherit = "crm.line.mixin"
    _description = "Part of a Plan's Version"
    _line_of = "version_id"

    version_id = fields.Many2one(
        "crm.incentive.version", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="version_id.company_id")

    @api.model
    def _get_guard_sql(self, row):
        return SQL(
            "EXISTS (SELECT FROM crm_incentive_version version"
            " WHERE version.id = %s AND version.state = 'approved')",
            self._get_guard_version_sql(row),
        )

    @api.model
    def _get_guard_version_sql(self, row):
        """Hook: the version of a row, as SQL."""
        return SQL("%s.version_id", SQL(row))

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        parts = super().create(vals_list)
        parts.version_id._note_author()
        return parts

    def write(self, vals):
        self.check_access("write")
        self.version_id._note_author()
        return super().write(vals)

    def unlink(self):
        self.check_access("unlink")
        # Parts go with their version, which was asked before.
        self.version_id._note_author()
        return super().unlink()
