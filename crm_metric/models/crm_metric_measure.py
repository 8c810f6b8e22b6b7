from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_DATE,
    MAX_SEQUENCE,
    MIN_DATE,
)


class CrmMetricMeasure(models.Model):
    """One thing that somebody does by a day, so that a missed target is reached."""

    _name = "crm.metric.measure"
    _inherit = ["crm.line.mixin", "crm.limits.mixin", "crm.erasable.mixin"]
    _description = "Measure of an Improvement Plan"
    _order = "plan_id, sequence, id"
    _line_of = "plan_id"
    _of_main_company = True
    _erasable_texts = ("name",)

    plan_id = fields.Many2one(
        "crm.metric.plan", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="plan_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(default=10, limits=(0, MAX_SEQUENCE))
    name = fields.Char(string="Measure", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Carried Out By",
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    due_date = fields.Date(string="By", index=True, limits=(MIN_DATE, MAX_DATE))
    done_date = fields.Date(string="Done On", limits=(MIN_DATE, MAX_DATE))

    @api.constrains("user_id", "plan_id")
    def _check_user(self):
        for measure in self.filtered("user_id"):
            user = measure.user_id.sudo()
            roots = user.company_ids._get_value_root()
            if user.share or measure.company_id not in roots:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot take a "
                        "measure there.",
                        user=user.name,
                        company=measure.company_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # before, not after: who takes a measure may see its plan
        plans = self.env["crm.metric.plan"]
        if not all(isinstance(vals, dict) for vals in vals_list):
            raise TypeError("values of records expected")
        named = {vals.get("plan_id") for vals in vals_list}
        ids = [one for one in named if type(one) is int and 0 < one < 2**31]
        plans.browse(ids).check_access("write")
        return super().create(vals_list)

    def action_done(self):
        """Done today."""
        self.check_access("write")
        for measure in self.filtered(lambda one: not one.done_date):
            measure.done_date = measure.company_id._get_value_today()
