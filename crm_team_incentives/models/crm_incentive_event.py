from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_incentive_rule import TRIGGERS

PENDING = "crm_incentive_event"
MODELS = {
    "won": "crm.lead",
    "order": "sale.order",
    "invoice": "account.move",
    "payment": "account.move",
    "complex": "sale.order",
}


class CrmIncentiveEvent(models.Model):
    """A business fact that pay may follow from: one row, never changed.

    The rows of a document add up to what it is worth: the first one has the amount, a
    later change adds the difference. So an edited order, a cancelled one, an invoice
    that was reset and a payment that was unmatched are all the same: a difference. What
    the customer was at that moment is kept with it.

    Hooks note the document; at the end of the transaction one statement compares it
    with its rows, see :meth:`_collect`. The nightly computation compares all documents,
    and finds what bypassed the hooks.
    """

    _name = "crm.incentive.event"
    _inherit = [
        "crm.guard.mixin",
        "crm.erasable.mixin",
        "crm.named.mixin",
    ]
    _description = "Incentive Event"
    _order = "day desc, id desc"
    _rec_name = "document_name"
    _log_access = False
    _guard_insert = False
    # The period is the computation's, until it is approved.
    _guard_free = ("period_id",)
    _guard_erasable = ("partner_id", "tier_id", "document_name")
    _guard_fillable = ("document_id",)
    # an opportunity may be called after a person
    _erasable_texts = ("document_name",)
    _erasing_group = "crm_team_incentives.group_incentive_manager"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(TRIGGERS, required=True, readonly=True)
    res_id = fields.Integer(
        string="Source", required=True, readonly=True, help="Id of the source record."
    )
    sequence = fields.Integer(
        required=True,
        readonly=True,
        help="1 for the first row of a document; its changes count on.",
    )
    document_id = fields.Integer(
        readonly=True,
        help="Id of the order, opportunity or invoice that earns. That of a credit note "
        "is the invoice it takes back from.",
    )
    document_name = fields.Char(readonly=True)
    holder_id = fields.Integer(
        readonly=True, help="Id of the order, opportunity or invoice itself."
    )
    moment = fields.Datetime(
        string="Noted at", required=True, readonly=True, help="By the server's clock."
    )
    day = fields.Date(
        required=True, readonly=True, index=True, help="The company's day that counts."
    )
    document_day = fields.Date(readonly=True, help="The day that the document says.")
    amount = fields.Monetary(
        required=True,
        readonly=True,
        help="Untaxed, in company currency at the rate of the document.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null",
        ondelete="set null",
    )  # fmt: skip
    tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        ondelete="set null",
        help="The customer's tier when it was noted.",
    )
    customer_since = fields.Date(
        readonly=True, help="First order or invoice of the customer, then known."
    )
    lifetime_value = fields.Monetary(
        readonly=True,
        aggregator=None,
        help="The customer's predicted lifetime value, as it was known on that day: a "
        "margin. Empty when no value was known then; a later one is not put in.",
    )
    lifetime_day = fields.Date(
        string="Value As of",
        readonly=True,
        help="Last day whose orders the lifetime value counts. Empty: it was not known.",
    )
    recent_orders = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Days on which the customer had an order, within the 12 months before.",
    )
    stage_id = fields.Integer(
        readonly=True,
        help="Stage in which the opportunity was won: setup changes are told from it.",
    )
    is_found = fields.Boolean(
        string="Found by Comparison",
        readonly=True,
        help="No hook noted it; the nightly comparison found it.",
    )
    credit_ids = fields.One2many("crm.incentive.event.credit", "event_id")
    period_id = fields.Many2one(
        "crm.incentive.period",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The period that the event was computed in.",
    )

    _once = models.Constraint(
        "UNIQUE(company_id, kind, res_id, sequence)", "The event is known already."
    )
    _by_document = models.Index("(company_id, kind, document_id)")

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.incentive.line", "event_id")]

    @api.model
    def _get_guard_sql(self, row):
        return SQL("TRUE")

    @api.model
    def _get_guard_changes(self):
        return [
            SQL(
                "(OLD.period_id IS DISTINCT FROM NEW.period_id AND EXISTS ("
                " SELECT FROM crm_incentive_period period WHERE period.id = OLD.period_id"
                " AND period.state IN ('approved', 'paid')))"
            )
        ]

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(self.env._("Events are facts: they cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Events are facts: they cannot be deleted."))

    # ------------------------------------------------------------------ actions
    def action_open_document(self):
        """Open the order, opportunity or invoice, if it still exists."""
        self.ensure_one()
        self.check_access("read")
        document = self.env[MODELS[self.kind]].browse(self.holder_id).exists()
        if not document:
            raise UserError(self.env._("The document does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    def _set_origin(self, invoice):
        """Say which invoice a credit note takes back from."""
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_incentive_event SET document_id = %s"
                " WHERE id = %s AND document_id IS NULL",
                invoice.id,
                self.id,
            )
        )
        self.invalidate_recordset()

    # --------------------------------------------------------------------- hooks
    @api.model
    def _mark(self, kind, ids):
        """Have documents compared at the end of the transaction; no query now.

        :param kind: what may have happened; for payments the ids are those of invoices
        """
        if not ids:
            return
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault(PENDING, {})
        if not pending:
            precommit.add(self.sudo()._collect_marked)
        pending.setdefault(kind, set()).update(ids)

    def _collect_marked(self):
        """Note what happened to the marked documents, where it may matter."""
        pending = self.env.cr.precommit.data.pop(PENDING, {})
        contests = self.env["crm.incentive.contest"].sudo()
        companies = contests.search([("state", "=", "announced")]).company_id
        for company in self._get_companies() | companies:
            for kind in sorted(pending):
                self._collect(company, kind, sorted(pending[kind]))

    @api.model
    def _get_companies(self):
        """Companies with an approved plan."""
        versions = self.env["crm.incentive.version"].sudo()
        groups = versions._read_group([("state", "=", "approved")], ["company_id"])
        return self.env["res.company"].union(*(company for (company,) in groups))

    @api.model
    def _collect_all(self, company):
        """Compare all documents of the company; what no hook noted is noted now."""
        events = self.sudo()
        for kind in MODELS:
            events._collect(company, kind)
