from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrmIncentivePlan(models.Model):
    """What a group of people is paid for. The rules are in its versions."""

    _name = "crm.incentive.plan"
    _inherit = ["crm.company.mixin", "crm.named.mixin"]
    _description = "Incentive Plan"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    version_ids = fields.One2many("crm.incentive.version", "plan_id")
    current_version_id = fields.Many2one(
        "crm.incentive.version",
        string="Valid Today",
        compute="_compute_current_version_id",
        help="The approved version that is valid today.",
    )
    assignment_ids = fields.One2many("crm.incentive.assignment", "plan_id")
    people_count = fields.Integer(
        string="People",
        compute="_compute_people_count",
        help="How many people are paid by the plan today.",
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.incentive.version", "plan_id"),
            ("crm.incentive.assignment", "plan_id"),
        ]

    @api.depends("version_ids.state", "version_ids.date_from", "version_ids.date_to")
    def _compute_current_version_id(self):
        for plan in self:
            plan.current_version_id = plan._get_version(plan._get_today())

    @api.depends("assignment_ids.date_from", "assignment_ids.date_to")
    def _compute_people_count(self):
        for plan in self:
            plan.people_count = len(
                plan.assignment_ids.filtered_domain(
                    plan.assignment_ids._get_effective_domain(plan._get_today())
                )
            )

    def _get_today(self):
        return (self.company_id or self.env.company)._get_value_today()

    def _get_version(self, day):
        """The approved version that is valid on ``day``; empty without one."""
        self.ensure_one()
        return self.version_ids.filtered_domain(
            self.version_ids._get_effective_domain(day)
            & Domain("state", "=", "approved")
        )[:1]

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        if self.version_ids.filtered(lambda version: version.state == "approved"):
            raise UserError(
                self.env._(
                    "A plan with an approved version stays: people were paid by it. "
                    "Archive it, and end the assignments."
                )
            )
