from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_DATE,
    MIN_DATE,
)
from odoo.addons.crm_value_tiering.models.res_users import MANAGER_GROUP

# What is entered; the rest is found out.
ENTERED = ("company_id", "partner_id", "reason_id", "note", "date")


class CrmChurnRecord(models.Model):
    """Why a customer left: recorded once per episode, withdrawn if it was wrong.

    It keeps what the customer was worth at the time, for the analysis. It also settles
    open save and win-back outreach, with its activities: one's own, and those of others
    for who sees their documents. A withdrawal takes them up again.
    """

    _name = "crm.churn.record"
    _inherit = ["crm.company.mixin", "crm.limits.mixin", "crm.erasable.mixin"]
    _description = "Churn Record"
    _order = "date desc, id desc"
    _of_main_company = True
    _rec_name = "partner_id"
    _erasable_texts = ("note",)

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
        limits=(MIN_DATE, MAX_DATE),
        help="Day on which we learnt it.",
    )
    episode = fields.Date(
        readonly=True,
        help="The last purchase before: an episode of loss begins with it, and has one "
        "record.",
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
    tier_color = fields.Integer(related="tier_id.color")
    clv_predictive = fields.Monetary(
        string="Predicted Lifetime Value",
        readonly=True,
        limits=(-MAX_AMOUNT, MAX_AMOUNT),
        help="At the time.",
    )
    revenue_total = fields.Monetary(
        string="Total Revenue",
        readonly=True,
        limits=(-MAX_AMOUNT, MAX_AMOUNT),
        help="Since the first purchase.",
    )
    is_withdrawn = fields.Boolean(
        string="Withdrawn", readonly=True, help="It was wrong, and no longer counts."
    )
    withdrawn_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    withdrawn_at = fields.Datetime(string="Withdrawn On", readonly=True)
    outreach_ids = fields.One2many("crm.value.outreach", "churn_record_id")

    # Two sessions at once; otherwise create() says it in words.
    _episode_uniq = models.UniqueIndex(
        "(company_id, partner_id, COALESCE(episode, '-infinity'))"
        " WHERE is_withdrawn IS NOT TRUE",
        "Why this customer left is recorded already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        records = super().create(self._prepare_records(vals_list))
        records._settle_outreach()
        return records

    @api.model
    def _prepare_records(self, vals_list):
        """What was entered, about the commercial entity, and what it was worth."""
        prepared = [self._prepare_record(vals) for vals in vals_list]
        companies = self.env["res.company"].browse({v["company_id"] for v in prepared})
        if companies - self.env.companies and not self.env.su:
            raise AccessError(
                self.env._(
                    "Record churn for the companies chosen at the top right only."
                )
            )
        partners = self.env["res.partner"].browse(
            {vals["partner_id"] for vals in prepared if vals["partner_id"]}
        )
        customers = {
            partner.id: partner.commercial_partner_id for partner in partners.exists()
        }
        scope = [
            ("company_id", "in", companies._get_value_root().ids),
            ("partner_id", "in", [customer.id for customer in customers.values()]),
        ]
        nothing = self.env["crm.value.profile"]
        profiles = {
            (p.company_id, p.partner_id): p for p in nothing.search_fetch(scope)
        }
        known = {
            (record.company_id, record.partner_id, record.episode): record.date
            for record in self.search_fetch([*scope, ("is_withdrawn", "=", False)])
        }
        for vals in prepared:
            company = companies.browse(vals["company_id"])._get_value_root()
            customer = customers.get(vals["partner_id"])
            if not customer:
                raise ValidationError(self.env._("Which customer left?"))
            profile = profiles.get((company, customer), nothing)
            vals |= self._prepare_value(customer, profile, vals["date"])
            self._check_date(company, vals["date"])
            key = (company, customer, vals["episode"])
            if key in known:
                raise UserError(
                    self.env._(
                        "Why %(customer)s left is recorded already, on %(date)s. It is "
                        "recorded once until the next purchase; managers can withdraw "
                        "a wrong record.",
                        customer=customer.display_name,
                        date=format_date(self.env, known[key]),
                    )
                )
            known[key] = vals["date"]
        return prepared

    @api.model
    def _prepare_record(self, vals):
        self._check_values(vals)
        self._check_limits(vals)
        company = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id
        )
        date = fields.Date.to_date(vals.get("date"))
        return {name: vals[name] for name in ENTERED if name in vals} | {
            "company_id": company.id,
            "partner_id": vals.get("partner_id") or False,
            "date": date or company._get_value_today(),
        }

    @api.model
    def _prepare_value(self, customer, profile, day):
        """Who recorded it, and what the customer was worth."""
        last = profile.last_purchase
        return {
            "partner_id": customer.id,
            "user_id": self.env.uid,
            "owner_id": customer.user_id.id,
            # of an earlier episode its last purchase is not known: the day stands for it
            "episode": day if last and last > day else last,
            "tier_id": profile.tier_id.id,
            "clv_predictive": profile.clv_predictive,
            "revenue_total": profile.revenue_total,
        }

    @api.model
    def _check_date(self, company, day):
        today = company._get_value_today()
        if day > today:
            raise ValidationError(
                self.env._(
                    "%(date)s is in the future: choose the day on which you learnt it, "
                    "%(today)s at the latest.",
                    date=format_date(self.env, day),
                    today=format_date(self.env, today),
                )
            )

    def _settle_outreach(self):
        """Open outreach failed; its activities are done, with the reason as feedback.

        Not with the note: all who may read the contact read the feedback. The work of
        others is settled by who sees all documents, or leads their team.
        """
        outreach = (
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
        )
        user = self.env.user
        if not (self.env.su or user._sees_all_values()):
            own = user.sudo().value_salesperson_ids
            outreach = outreach.filtered(lambda one: one.user_id <= own)
        found = outreach.grouped(lambda one: (one.company_id, one.partner_id))
        for record in self:
            settled = found.pop((record.company_id, record.partner_id), None)
            if not settled:
                continue
            settled.write(
                {
                    "outcome": "left",
                    "outcome_date": record.date,
                    "churn_record_id": record.id,
                }
            )
            settled.activity_id.filtered("active").action_feedback(
                feedback=record.reason_id.name
            )

    def action_record(self):
        """Close the dialog; the record is saved by then."""
        return {"type": "ir.actions.act_window_close"}

    def action_withdraw(self):
        """It was wrong: the customer is asked for again, and can be recorded again."""
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(MANAGER_GROUP)):
            raise AccessError(
                self.env._("Only managers of customer value withdraw churn records.")
            )
        records = self.sudo().filtered(lambda record: not record.is_withdrawn)
        records.write(
            {
                "is_withdrawn": True,
                "withdrawn_by_id": self.env.uid,
                "withdrawn_at": fields.Datetime.now(),
            }
        )
        records.outreach_ids._reopen()
