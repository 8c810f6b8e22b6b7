from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmChurnRecord(models.Model):
    """Why a customer left: recorded once, never changed.

    It keeps what the customer was worth at the time, for the analysis. It also settles
    open save and win-back outreach, with its activities.
    """

    _name = "crm.churn.record"
    _inherit = "crm.company.mixin"
    _description = "Churn Record"
    _order = "date desc, id desc"
    _of_main_company = True
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        domain=lambda self: [("id", "in", self.env.companies.ids)]
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="cascade"
    )
    reason_id = fields.Many2one(
        "crm.churn.reason", required=True, index=True, ondelete="restrict"
    )
    note = fields.Text(
        help="What was said, to whom they went, what would have kept them."
    )
    date = fields.Date(
        required=True,
        index=True,
        default=lambda self: self.env.company._get_value_today(),
        help="Day on which we learnt it.",
    )
    user_id = fields.Many2one(
        "res.users", string="Recorded By", readonly=True, ondelete="set null"
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        ondelete="set null",
        help="The customer's salesperson at the time.",
    )
    tier_id = fields.Many2one(
        "crm.value.tier", readonly=True, ondelete="restrict", help="Tier at the time."
    )
    clv_predictive = fields.Monetary(
        string="Predicted Lifetime Value", readonly=True, help="At the time."
    )
    revenue_total = fields.Monetary(
        string="Total Revenue", readonly=True, help="Since the first purchase."
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = self.env["res.partner"].browse(
            {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        )
        records = super().create(
            [
                {
                    **vals,
                    "partner_id": partners.browse(vals.get("partner_id"))
                    .with_prefetch(partners.ids)
                    .commercial_partner_id.id,
                }
                for vals in vals_list
            ]
        )
        records._keep_value()
        records._settle_outreach()
        return records

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        raise UserError(
            self.env._("A churn record cannot be changed. Create another one.")
        )

    def _keep_value(self):
        """Fill in who recorded it and what the customer was worth."""
        profiles = self.env["crm.value.profile"].search_fetch(
            [
                ("company_id", "in", self.company_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )
        nothing = profiles.browse()
        profiles = {(p.company_id.id, p.partner_id.id): p for p in profiles}
        for record in self.sudo():
            profile = profiles.get(
                (record.company_id.id, record.partner_id.id), nothing
            )
            record.write(
                {
                    "user_id": self.env.uid,
                    "owner_id": record.partner_id.user_id.id,
                    "tier_id": profile.tier_id.id,
                    "clv_predictive": profile.clv_predictive,
                    "revenue_total": profile.revenue_total,
                }
            )

    def _settle_outreach(self):
        """Open outreach failed; its activities are done, with the reason as feedback."""
        found = (
            self.env["crm.value.outreach"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("partner_id", "in", self.partner_id.ids),
                    ("kind", "in", ("save", "winback")),
                    ("outcome", "=", "open"),
                ]
            )
            .grouped(lambda one: (one.company_id, one.partner_id))
        )
        for record in self:
            outreach = found.pop((record.company_id, record.partner_id), None)
            if not outreach:
                continue
            outreach.write({"outcome": "left", "outcome_date": record.date})
            feedback = ": ".join(filter(None, [record.reason_id.name, record.note]))
            outreach.activity_id.filtered("active").action_feedback(feedback=feedback)

    def action_record(self):
        """Close the dialog; the record is saved by then."""
        return {"type": "ir.actions.act_window_close"}
