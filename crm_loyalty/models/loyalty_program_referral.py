from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DAYS

from ..fields import Quantity
from ..points import MAX_POINTS, to_units
from .loyalty_program import READERS

MAX_CAP = 10_000
NEW_DAYS = 365  # how far back new customers are counted


class LoyaltyProgram(models.Model):
    """What members get for customers they bring, and what these get."""

    _inherit = "loyalty.program"  # pylint: disable=consider-merging-classes-inherited

    crm_referral = fields.Boolean(
        string="Reward Referrals",
        help="Members have a link and a code for people they know. Both get points after "
        "the new customer's purchase was paid and can no longer be returned.",
        groups=READERS,
    )
    crm_referrer_points = Quantity(
        string="Points for the Referrer",
        default=100,
        digits=(16, 2),
        limits=(0, MAX_POINTS),
        groups=READERS,
    )
    crm_referred_points = Quantity(
        string="Points for the New Customer",
        default=100,
        digits=(16, 2),
        limits=(0, MAX_POINTS),
        groups=READERS,
    )
    crm_referral_counts = fields.Selection(
        [("first", "The first invoice"), ("any", "Any invoice")],
        string="Which Invoice Counts",
        default="any",
        required=True,
        help="The first invoice: when it is too small, the referral gives nothing. Any "
        "invoice: the first one that reaches the amount.",
        groups=READERS,
    )
    crm_referral_minimum = Quantity(
        string="From an Amount of",
        digits=(16, 2),
        limits=(0, MAX_POINTS),
        help="Goods without taxes after discounts, and money paid, that the invoice has "
        "to reach, in the currency of the company. Gift cards and points are no money.",
        groups=READERS,
    )
    crm_referral_days = fields.Integer(
        string="Return Window (Days)",
        default=14,
        help="Days after the payment until the points are given: the time in which "
        "customers return goods.",
        limits=(0, MAX_DAYS),
        groups=READERS,
    )
    crm_referral_valid_days = fields.Integer(
        string="Purchase Within (Days)",
        default=180,
        help="So many days after the referral the invoice counts. 0: for ever.",
        limits=(0, MAX_DAYS),
        groups=READERS,
    )
    crm_referral_cap = fields.Integer(
        string="At Most (Rewards)",
        default=10,
        help="So many rewards a referrer gets in the period. Beyond it only the new "
        "customer gets points. 0: no limit.",
        limits=(0, MAX_CAP),
        groups=READERS,
    )
    crm_referral_cap_days = fields.Integer(
        string="Period (Days)",
        default=365,
        limits=(1, MAX_DAYS),
        groups=READERS,
    )
    crm_referral_note = fields.Text(
        string="Word of Mouth",
        compute="_compute_crm_referral_note",
        compute_sudo=True,
        groups=READERS,
        help="New customers of the last 365 days, and how many of them were referred.",
    )

    def _get_referral_terms(self):
        """What is promised to both sides, as a referral keeps it."""
        self.ensure_one()
        decimals = self.company_id.currency_id.decimal_places
        return {
            "referrer": to_units(self.crm_referrer_points),
            "referred": to_units(self.crm_referred_points),
            "counts": self.crm_referral_counts,
            "minimum": to_units(self.crm_referral_minimum, decimals),
            "days": self.crm_referral_days,
            "valid_days": self.crm_referral_valid_days,
            "cap": self.crm_referral_cap,
            "cap_days": self.crm_referral_cap_days,
        }

    @api.model
    def _get_referring(self, company):
        """Programs of a company, or of those above it, that reward referrals."""
        return self._get_earning(company).filtered("crm_referral")

    # --------------------------------------------------------------------- words
    @api.depends(
        "crm_referral", "crm_referrer_points", "crm_referred_points",
        "crm_referral_minimum", "crm_referral_days",
    )  # fmt: skip
    def _compute_crm_summary(self):
        return super()._compute_crm_summary()

    def _get_summary(self):
        return super()._get_summary() + self._get_referral_texts()

    def _get_referral_texts(self):
        if not self.crm_referral:
            return []
        values = {
            "referrer": self._format_ledger_points(self.crm_referrer_points),
            "referred": self._format_ledger_points(self.crm_referred_points),
            "days": self.crm_referral_days,
            "amount": self.company_id.currency_id.format(self.crm_referral_minimum),
        }
        if self.crm_referral_minimum:
            text = self.env._(
                "Who brings a new customer gets %(referrer)s, the new customer "
                "%(referred)s, %(days)s days after an invoice of at least %(amount)s is "
                "paid.",
                **values,
            )
        else:
            text = self.env._(
                "Who brings a new customer gets %(referrer)s, the new customer "
                "%(referred)s, %(days)s days after an invoice is paid.",
                **values,
            )
        return [text]

    def _compute_crm_referral_note(self):
        for program in self:
            program.crm_referral_note = (
                program._get_word_of_mouth_text() if program.crm_referral else False
            )

    def _get_word_of_mouth_text(self):
        new, referred = self._count_new_customers()
        if not new:
            return self.env._(
                "No new customer has had an invoice in the last %s days.", NEW_DAYS
            )
        return self.env._(
            "Of %(new)s new customers of the last %(days)s days, %(referred)s came by "
            "word of mouth: %(share)s %%.",
            new=new,
            days=NEW_DAYS,
            referred=referred,
            share=round(100 * referred / new),
        )

    def _count_new_customers(self):
        """Customers whose first invoice is of the last days; those who were referred."""
        self.ensure_one()
        self.env.flush_all()
        companies = self.env["res.company"].search(
            [("id", "child_of", self.company_id.id)]
        )
        today = self.company_id._get_value_today()
        [counts] = self.env.execute_query(
            SQL(
                """
                WITH fresh AS (
                    SELECT commercial_partner_id AS partner_id FROM account_move
                     WHERE move_type = 'out_invoice' AND state = 'posted'
                       AND company_id = ANY(%(companies)s)
                       AND commercial_partner_id IS NOT NULL
                     GROUP BY commercial_partner_id
                    HAVING MIN(invoice_date) > %(since)s
                )
                SELECT COUNT(*), COUNT(brought.partner_id) FROM fresh
                  LEFT JOIN (SELECT DISTINCT member.partner_id
                               FROM crm_loyalty_referral referral
                               JOIN crm_loyalty_member member
                                 ON member.id = referral.referred_id
                              WHERE referral.program_id = %(program)s
                                AND referral.state <> 'refused') brought
                    ON brought.partner_id = fresh.partner_id
                """,
                companies=companies.ids,
                since=fields.Date.subtract(today, days=NEW_DAYS),
                program=self.id,
            )
        )
        return counts

    def action_open_referrals(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_loyalty_referral_action"
        )
        return {**action, "domain": [("program_id", "=", self.id)]}
