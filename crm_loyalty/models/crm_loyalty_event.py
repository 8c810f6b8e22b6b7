import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_company_job import CONFLICTS

_logger = logging.getLogger(__name__)

MANAGER_GROUP = "crm_loyalty.group_loyalty_manager"
PENDING = "crm_loyalty_event"
BATCH = 500
LOOK_BACK = 3  # days in which the catch-up looks at credit notes again
LIVE_INVOICE = SQL(
    "source.state = 'posted' AND (doc.earn_on = 'invoice'"
    " OR source.payment_state IN ('paid', 'in_payment'))"
)
# Documents since a day that may give points.
NEW = {
    "sale.order": "source.state = 'sale' AND source.date_order >= %s",
    "account.move": "source.state = 'posted' AND source.move_type = 'out_invoice'"
    " AND source.invoice_date >= %s",
}


class CrmLoyaltyEvent(models.Model):
    """Queue of documents whose points have to be looked at.

    Written with the business transaction, so none is lost; without a unique key, so no
    two people wait for each other. Seen twice or for nothing, a document gives nothing
    twice: ``crm.loyalty.document`` posts differences.
    """

    _name = "crm.loyalty.event"
    _inherit = "crm.company.mixin"
    _description = "Points to Post"
    _order = "attempts, id"
    _rec_name = "res_model"

    company_id = fields.Many2one(readonly=True)
    res_model = fields.Char(string="Kind", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True, readonly=True
    )
    attempts = fields.Integer(readonly=True)
    error = fields.Text(readonly=True)

    @api.model
    def _mark(self, records):
        """Have the points of orders or invoices looked at after this transaction.

        Costs no query now: the marks are written at its end, at once.
        """
        records = records.filtered("id")
        if not records:
            return
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault(PENDING, set())
        if not pending:
            precommit.add(self.sudo()._store_marks)
        for record in records:
            pending.add((record.company_id.id, record._name, record.id))

    def _store_marks(self):
        """Write the pending marks of companies that have a program."""
        marks = sorted(self.env.cr.precommit.data.pop(PENDING, ()))
        programs = self.env["loyalty.program"].search_count(
            [("crm_ledger", "=", True)], limit=1
        )
        marks = [mark for mark in marks if mark[0] and programs]
        if not marks:
            return
        self.create(
            [
                {"company_id": company, "res_model": model, "res_id": res_id}
                for company, model, res_id in marks
            ]
        )
        self.env.ref("crm_loyalty.ir_cron_crm_loyalty_event")._trigger()
        self.env.flush_all()

    # ------------------------------------------------------------------ posting
    @api.model
    def _post_company(self, company):
        """Post a batch of the company's queue.

        :return: False when there is more
        """
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return None
        own = [("company_id", "=", company.id), ("attempts", "=", 0)]
        events = self.sudo().search(own, limit=BATCH)
        events._process()
        return len(events) < BATCH

    def _process(self):
        """Look at each document once; one that fails stays, with the error."""
        done = self.browse()
        invoices = self.filtered(lambda event: event.res_model == "account.move")
        referrals = self.env["crm.loyalty.referral"]
        brought = referrals._find_concerned(set(invoices.mapped("res_id")))
        for (model, res_id), events in self.grouped(
            lambda event: (event.res_model, event.res_id)
        ).items():
            try:
                with self.env.cr.savepoint():
                    self._process_document(model, res_id)
                    if model == "account.move" and res_id in brought:
                        brought[res_id]._refresh()
                    self.env.flush_all()
            except CONFLICTS:
                raise
            except Exception as error:  # one document's error stops no other
                _logger.exception("Points of %s %s", model, res_id)
                self.env.invalidate_all()
                for event in events:
                    event.write({"error": str(error), "attempts": event.attempts + 1})
            else:
                done |= events
        done.unlink()

    @api.model
    def _process_document(self, model, res_id):
        """What a mark has done: hook for other kinds of documents."""
        self.env["crm.loyalty.document"]._update(model, res_id)
        if model == "sale.order":
            self.env[model].sudo().browse(res_id).exists()._sync_loyalty()

    def action_post(self):
        """Try now."""
        self.check_access("read")
        if not self.env.user.has_group(MANAGER_GROUP):
            raise AccessError(self.env._("Loyalty managers post points by hand."))
        self.sudo()._process()

    # ----------------------------------------------------------------- catch-up
    @api.model
    def _catch_up_company(self, company):
        """Queue documents whose state says something else than what was posted.

        For changes that passed the hooks by: SQL, other modules, a restored backup.
        """
        programs = self.env["loyalty.program"]._get_earning(company)
        if not programs:
            return
        self.env.flush_all()
        for model, found in self._get_missed_sql(company, programs).items():
            ids = [row[0] for row in self.env.execute_query(found)]
            self._mark(self.env[model].sudo().browse(ids))
        recent = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("move_type", "=", "out_refund"),
                    ("write_date", ">=", f"today -{LOOK_BACK}d"),
                ]
            )
        )
        recent._mark_loyalty()
        failed = [("company_id", "=", company.id), ("attempts", ">", 0)]
        self.sudo().search(failed, limit=BATCH)._process()

    @api.model
    def _get_missed_sql(self, company, programs):
        """Per model, ids of documents that are unknown, or live when they were not."""
        since = min(
            program.crm_earn_from or fields.Date.to_date("1970-01-01")
            for program in programs
        )
        found = {}
        for model, live, earn_on in (
            ("sale.order", SQL("source.state = 'sale'"), {"order"}),
            ("account.move", LIVE_INVOICE, {"invoice", "payment"}),
        ):
            found[model] = SQL(
                """
                SELECT source.id FROM %(table)s source
                  JOIN crm_loyalty_document doc
                    ON doc.res_model = %(model)s AND doc.res_id = source.id
                 WHERE source.company_id = %(company)s AND doc.is_live <> (%(live)s)
                """,
                table=SQL.identifier(self.env[model]._table),
                model=model,
                company=company.id,
                live=live,
            )
            if earn_on & set(programs.mapped("crm_earn_on")):
                found[model] = SQL(
                    """
                    %(found)s UNION
                    SELECT source.id FROM %(table)s source
                     WHERE source.company_id = %(company)s AND %(new)s
                       AND NOT EXISTS (SELECT FROM crm_loyalty_document doc
                                        WHERE doc.res_model = %(model)s
                                          AND doc.res_id = source.id)
                    """,
                    found=found[model],
                    table=SQL.identifier(self.env[model]._table),
                    company=company.id,
                    new=SQL(NEW[model], since),
                    model=model,
                )
        return found

    # --------------------------------------------------------------------- cron
    @api.model
    def _cron_post(self):
        companies = self.sudo().search([("attempts", "=", 0)]).company_id
        self.env["crm.job.run"]._run_each(companies, self._post_company, self._name)

    @api.model
    def _cron_catch_up(self):
        owners = self.env["loyalty.program"]._get_ledger_companies()
        companies = owners.search([("id", "child_of", owners.ids)])
        self.env["crm.job.run"]._run_each(
            companies, self._catch_up_company, f"{self._name}.catch_up"
        )
