from odoo import api, models
from odoo.tools import SQL

BATCH = 5000  # members of a transaction of the nightly job


class CrmLoyaltyMember(models.Model):
    """What time does: pending points become usable, old ones expire.

    In few statements however many members, on a date that is given: the nightly job and
    every redemption settle the same way, so nobody spends what has expired because a job
    came late.
    """

    _inherit = "crm.loyalty.member"  # pylint: disable=consider-merging-classes-inherited

    def _settle(self, today):
        """Bring locked members up to ``today``, the company's local day."""
        if not self:
            return
        for model in ("crm.loyalty.lot", "crm.loyalty.move", "loyalty.card"):
            self.env[model].flush_model()
        self.flush_recordset()
        activated = self._activate(today)
        expired = self._expire(today)
        if not (activated or expired):
            return
        for model in ("member", "lot", "move", "allocation"):
            self.env[f"crm.loyalty.{model}"].invalidate_model()
        self.env["loyalty.card"].invalidate_model(["points"])
        if activated:
            self.filtered(lambda member: member.debt and member.available)._repay()

    @api.model
    def _get_move_sql(self, kind, points, today):
        """Columns of the moves for the lots of ``due``."""
        return SQL(
            """
            INSERT INTO crm_loyalty_move
                   (member_id, program_id, company_id, lot_id, kind, key, points, date,
                    create_uid, create_date, write_uid, write_date)
            SELECT due.member_id, member.program_id, due.company_id, due.id, %(kind)s,
                   %(kind)s || ':lot:' || due.id, %(points)s, %(today)s,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM due JOIN crm_loyalty_member member ON member.id = due.member_id
             ORDER BY due.id
            RETURNING id, lot_id, member_id
            """,
            kind=kind,
            points=points,
            today=today,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    def _activate(self, today):
        """Let points whose waiting time is over be usable."""
        self.env.cr.execute(
            SQL(
                """
                WITH due AS (
                    SELECT id, member_id, company_id, remaining FROM crm_loyalty_lot
                     WHERE is_pending AND remaining > 0 AND available_from <= %(today)s
                       AND member_id = ANY(%(members)s)
                ), posted AS (%(move)s), lots AS (
                    UPDATE crm_loyalty_lot lot SET is_pending = FALSE
                      FROM due WHERE lot.id = due.id
                ), total AS (
                    SELECT member_id, SUM(remaining) AS points FROM due GROUP BY member_id
                ), members AS (
                    UPDATE crm_loyalty_member member
                       SET pending = pending - total.points,
                           available = available + total.points
                      FROM total WHERE member.id = total.member_id
                    RETURNING card_id, available
                )
                UPDATE loyalty_card card SET points = members.available / 100.0
                  FROM members WHERE card.id = members.card_id
                """,
                today=today,
                members=self.ids,
                move=self._get_move_sql("activate", SQL("0"), today),
            )
        )
        return self.env.cr.rowcount

    def _expire(self, today):
        """Take what is left of points whose last day is over."""
        self.env.cr.execute(
            SQL(
                """
                WITH due AS (
                    SELECT id, member_id, company_id, remaining FROM crm_loyalty_lot
                     WHERE NOT is_pending AND remaining > 0 AND expires_on < %(today)s
                       AND member_id = ANY(%(members)s)
                ), posted AS (%(move)s), allocations AS (
                    INSERT INTO crm_loyalty_allocation (move_id, lot_id, points)
                    SELECT posted.id, posted.lot_id, due.remaining
                      FROM posted JOIN due ON due.id = posted.lot_id
                ), lots AS (
                    UPDATE crm_loyalty_lot lot SET remaining = 0
                      FROM due WHERE lot.id = due.id
                ), total AS (
                    SELECT member_id, SUM(remaining) AS points FROM due GROUP BY member_id
                ), members AS (
                    UPDATE crm_loyalty_member member
                       SET available = available - total.points
                      FROM total WHERE member.id = total.member_id
                    RETURNING card_id, available
                )
                UPDATE loyalty_card card SET points = members.available / 100.0
                  FROM members WHERE card.id = members.card_id
                """,
                today=today,
                members=self.ids,
                move=self._get_move_sql("expire", SQL("-due.remaining"), today),
            )
        )
        return self.env.cr.rowcount

    # --------------------------------------------------------------------- cron
    @api.model
    def _get_due(self, company, today, limit=None):
        """Members of the company with points that become usable or expire."""
        self.env["crm.loyalty.lot"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT lot.member_id
                  FROM crm_loyalty_lot lot
                  JOIN crm_loyalty_member member ON member.id = lot.member_id
                 WHERE lot.remaining > 0 AND member.company_id = %(company)s
                   AND (lot.is_pending AND lot.available_from <= %(today)s
                        OR NOT lot.is_pending AND lot.expires_on < %(today)s)
                 ORDER BY lot.member_id LIMIT %(limit)s
                """,
                company=company.id,
                today=today,
                limit=limit,
            )
        )
        return self.sudo().browse(row[0] for row in rows)

    @api.model
    def _settle_company(self, company):
        """A batch of the company's work of the day.

        :return: False when there is more to do
        """
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return None
        due = self._get_due(company, company._get_value_today(), BATCH)
        if due:
            due._lock()
        return len(due) < BATCH

    @api.model
    def _cron_settle(self):
        """Every hour, because the companies' days begin at different hours."""
        companies = self.env["loyalty.program"]._get_ledger_companies()
        self.env["crm.job.run"]._run_each(companies, self._settle_company, self._name)
