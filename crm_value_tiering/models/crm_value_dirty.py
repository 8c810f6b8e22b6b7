from odoo import api, fields, models
from odoo.tools import SQL

PENDING = "crm_value_dirty"


class CrmValueDirty(models.Model):
    """Queue of customers whose documents changed since their value was computed.

    A row per change, no unique key: two sessions that save orders of one customer must
    not wait for each other, let alone fail. A computation that fails leaves the rows.
    Only what the ORM writes is noticed; the full computation remains the safety net for
    the rest.
    """

    _name = "crm.value.dirty"
    _description = "Customer to Compute Again"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        help="Whose document changed; the customer is the commercial entity.",
    )

    @api.model
    def _mark(self, partner_ids, company_ids=None):
        """Have the value of customers computed again soon.

        Costs no query now: the marks of a transaction are written at its end, at once.

        :param partner_ids: contacts, or their commercial entities
        :param company_ids: for which companies; default: all
        """
        if not partner_ids:
            return
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault(PENDING, set())
        if not pending:
            precommit.add(self.sudo()._store_marks)
        for company_id in company_ids or [None]:
            pending.update((company_id, partner_id) for partner_id in partner_ids)

    def _store_marks(self):
        """Write the pending marks, except for companies that have never computed."""
        marks = sorted(
            self.env.cr.precommit.data.pop(PENDING, ()),
            key=lambda mark: (mark[0] or 0, mark[1] or 0),
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_dirty (company_id, partner_id)
                SELECT DISTINCT company.id, partner.id
                  FROM unnest(%s::int[], %s::int[]) mark (company_id, partner_id)
                  JOIN res_partner partner ON partner.id = mark.partner_id
                  JOIN res_company branch
                    ON branch.id = COALESCE(mark.company_id, branch.id)
                  JOIN res_company company ON company.id = %s
                 WHERE EXISTS (SELECT FROM crm_value_run
                                WHERE company_id = company.id AND state = 'done')
                """,
                [mark[0] for mark in marks],
                [mark[1] for mark in marks],
                self.env["res.company"]._get_value_root_sql("branch"),
            )
        )

    @api.model
    def _create_scope(self, company):
        """Customers queued for ``company``.

        :return: commercial partners, as SQL: rows of the temporary table
            ``crm_value_scope``, which ends with the transaction
        """
        self.env.cr.execute("DROP TABLE IF EXISTS crm_value_scope")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE crm_value_scope ON COMMIT DROP AS
                SELECT DISTINCT partner.commercial_partner_id AS partner_id
                  FROM crm_value_dirty dirty
                  JOIN res_partner partner ON partner.id = dirty.partner_id
                 WHERE dirty.company_id = %s
                """,
                company.id,
            )
        )
        return SQL("SELECT partner_id FROM crm_value_scope")

    @api.model
    def _clear(self, company):
        """Empty the queue of ``company``: what this transaction sees of it, so what
        others add meanwhile remains."""
        self.env.cr.execute(
            SQL("DELETE FROM crm_value_dirty WHERE company_id = %s", company.id)
        )
