from odoo import api, fields, models
from odoo.tools import SQL


class CrmIncentiveContestPartMixin(models.AbstractModel):
    """A part of a contest's rules: open until the contest is announced."""

    _name = "crm.incentive.contest.part.mixin"
    _inherit = ["crm.line.mixin", "crm.guard.mixin", "crm.limits.mixin"]
    _description = "Part of a Contest"
    _line_of = "contest_id"

    contest_id = fields.Many2one(
        "crm.incentive.contest", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="contest_id.company_id")
    currency_id = fields.Many2one(related="contest_id.currency_id")

    @api.model
    def _get_guard_sql(self, row):
        return SQL(
            "EXISTS (SELECT FROM crm_incentive_contest contest"
            " WHERE contest.id = %s.contest_id AND contest.state <> 'draft')",
            SQL(row),
        )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        parts = super().create(vals_list)
        parts.contest_id._check_draft()
        return parts

    def write(self, vals):
        self.check_access("write")
        self.contest_id._check_draft()
        return super().write(vals)

    def unlink(self):
        self.check_access("unlink")
        self.contest_id._check_draft()
        return super().unlink()
