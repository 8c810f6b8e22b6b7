from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from odoo.addons.crm_value_tiering.context import OURS

# Set by the document that writes all its parts at once, and checks them afterwards.
CHECKED_LATER = "incentive_split_checked_later"


class CrmIncentiveSplit(models.Model):
    """Who shares an opportunity or an order, and how much of it.

    Without rows it is the salesperson's. Invoices and payments follow their orders, an
    order follows its opportunity until it has rows of its own.
    """

    _name = "crm.incentive.split"
    _inherit = "crm.limits.mixin"
    _description = "Split of a Deal"
    _order = "share desc, id"
    _rec_name = "user_id"

    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    lead_id = fields.Many2one("crm.lead", index="btree_not_null", ondelete="cascade")
    order_id = fields.Many2one("sale.order", index="btree_not_null", ondelete="cascade")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        index=True,
        domain=[("share", "=", False)],
        ondelete="restrict",
    )
    role = fields.Selection(
        [
            ("owner", "Salesperson"),
            ("presales", "Pre-sales"),
            ("support", "Support"),
            ("service", "Service"),
        ],
        required=True,
        default="owner",
    )
    share = fields.Float(
        string="Share (%)", digits=(7, 4), required=True, limits=(0.01, 100)
    )

    _one_document = models.Constraint(
        "CHECK (num_nonnulls(lead_id, order_id) = 1)",
        "A split belongs to an opportunity or to an order.",
    )
    _person_once_lead = models.Constraint(
        "UNIQUE(lead_id, user_id)", "Each person has one share of a deal."
    )
    _person_once_order = models.Constraint(
        "UNIQUE(order_id, user_id)", "Each person has one share of an order."
    )

    @api.depends("lead_id.company_id", "order_id.company_id")
    def _compute_company_id(self):
        """Of the document; an opportunity may be without one."""
        for split in self:
            split.company_id = (split.order_id or split.lead_id).company_id

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        splits = super().create(vals_list)
        splits._check_documents(splits.lead_id, splits.order_id)
        return splits

    def write(self, vals):
        self.check_access("write")
        if {"lead_id", "order_id"} & set(vals):
            raise UserError(self.env._("A split stays with its document."))
        result = super().write(vals)
        self._check_documents(self.lead_id, self.order_id)
        return result

    def unlink(self):
        self.check_access("unlink")
        leads, orders = self.lead_id, self.order_id
        result = super().unlink()
        self._check_documents(leads.exists(), orders.exists())
        return result

    def _check_documents(self, leads, orders):
        """Check the whole documents, unless one of them writes all its parts."""
        if self.env.context.get(CHECKED_LATER) is not OURS:
            leads._check_incentive_splits()
            orders._check_incentive_splits()

    def _check_total(self):
        """:raise UserError: when the shares are not 100 % of the document"""
        total = sum(round(split.share * 10000) for split in self)
        if self and total != 1000000:
            raise UserError(
                self.env._(
                    "Split shares must total 100 %% (now %(total)s %%). The rate comes "
                    "from the plan.",
                    total=formatLang(self.env, total / 10000, digits=1),
                )
            )
