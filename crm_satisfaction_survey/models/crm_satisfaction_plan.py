from odoo import fields, models

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DAYS


class CrmSatisfactionPlan(models.Model):
    """Whom to ask how satisfied they are, how often, and with which survey.

    Each day ``crm_satisfaction_plan_asking`` asks some customers, as many of each tier;
    nobody is asked again before the pause is over, by no plan. What came of it says
    ``crm_satisfaction_plan_result``.
    """

    _name = "crm.satisfaction.plan"
    _inherit = ["crm.company.mixin", "crm.limits.mixin", "crm.explanation.mixin"]
    _description = "Satisfaction Survey Plan"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    survey_id = fields.Many2one(
        "survey.survey",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.ref(
            "crm_satisfaction_survey.survey_relationship", raise_if_not_found=False
        ),
        help="Its questions say what each answer counts as.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Mail",
        ondelete="set null",
        domain="[('model', '=', 'survey.user_input')]",
        default=lambda self: self.env.ref(
            "crm_satisfaction_survey.mail_template_ask", raise_if_not_found=False
        ),
        help="Without one nobody is asked.",
    )
    is_running = fields.Boolean(
        string="Running",
        help="Asks every day. Try it out first: “Who Would Be Asked” sends nothing.",
    )
    per_month = fields.Integer(
        string="Customers a Month",
        required=True,
        default=100,
        limits=(1, 100_000),
        help="Spread over the days of the month, and over the tiers: as many of each.",
    )
    pause_days = fields.Integer(
        string="Ask Again After (Days)",
        required=True,
        default=180,
        limits=(1, MAX_DAYS),
        help="Whoever was asked, by any plan of the company, is left alone so long.",
    )
    active_days = fields.Integer(
        string="Bought Within (Days)",
        required=True,
        default=365,
        limits=(1, MAX_DAYS),
        help="Only customers who bought within so many days are asked.",
    )
    answer_days = fields.Integer(
        string="Days to Answer",
        required=True,
        default=30,
        limits=(1, 365),
        help="Afterwards the link takes no answer.",
    )
    tier_ids = fields.Many2many(
        "crm.value.tier", string="Tiers", help="Empty: customers of all tiers."
    )
    asked_count = fields.Integer(string="Asked", compute="_compute_counts")
    answered_count = fields.Integer(string="Answered", compute="_compute_counts")

    def _compute_counts(self):
        inputs = self.env["survey.user_input"].sudo()
        found = inputs._read_group(
            [("satisfaction_plan_id", "in", self.ids)],
            ["satisfaction_plan_id", "state"],
            ["__count"],
        )
        counts = {(plan.id, state): count for plan, state, count in found}
        for plan in self:
            own = {
                state: count for (one, state), count in counts.items() if one == plan.id
            }
            plan.asked_count = sum(own.values())
            plan.answered_count = own.get("done", 0)

    def action_open_answers(self):
        """The satisfaction answers of the company, by what they are about."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_satisfaction.crm_satisfaction_answer_action"
        )
        action["domain"] = [("company_id", "=", self.company_id.id)]
        return action
