from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..stats import effect
from .crm_complaint_capa import MAX_EXTENSIONS


class CrmComplaintCapa(models.Model):
    """Whether an action helped: counting, judging, and what comes back.

    For all actions at once: complaints of the same cause and product by when they were
    received, not by when they were typed, against confirmed orders.
    """

    _inherit = "crm.complaint.capa"  # pylint: disable=consider-merging-classes-inherited

    # ----------------------------------------------------------------- counting
    def _count(self):
        """Count the complaints and the orders of both windows, up to now."""
        watched = self.sudo().filtered("after_from")
        if not watched:
            return
        self.env.flush_all()
        complaints = dict(self._fetch_counts(self._get_complaints_query(), watched))
        orders = dict(self._fetch_counts(self._get_orders_query(), watched))
        for capa in watched:
            before, after = complaints.get(capa.id, (0, 0))
            before_orders, after_orders = orders.get(capa.id, (0, 0))
            figures = (before, before_orders, after, after_orders)
            capa.write(
                {
                    "before_count": before,
                    "before_orders": before_orders,
                    "after_count": after,
                    "after_orders": after_orders,
                    "chance": effect.chance(*figures),
                    "verdict": effect.judge(*figures),
                    "counted_day": capa.company_id._get_value_today(),
                }
            )

    def _fetch_counts(self, query, watched):
        """Rows (id, (before, since)) of the facts of ``query``: capa_id, at."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT capa.id, COUNT(*) FILTER (WHERE fact.at < capa.before_to),
                       COUNT(*) FILTER (WHERE fact.at >= capa.after_from)
                  FROM crm_complaint_capa capa
                  JOIN (%s) fact ON fact.capa_id = capa.id
                 WHERE capa.id = ANY(%s)
                 GROUP BY capa.id
                """,
                query,
                watched.ids,
            )
        )
        return [(row[0], row[1:]) for row in rows]

    @api.model
    def _get_complaints_query(self):
        return SQL(
            """
            SELECT capa.id AS capa_id, one.received_at AS at
              FROM crm_complaint_capa capa
              JOIN crm_complaint_cause wanted ON wanted.id = capa.cause_id
              JOIN crm_complaint one
                ON one.company_id = capa.company_id AND one.type = 'complaint'
               AND one.state <> 'excluded'
               AND one.received_at >= capa.before_from
               AND one.received_at < capa.after_to
               AND (capa.product_id IS NULL OR one.product_id = capa.product_id)
              JOIN crm_complaint_cause cause
                ON cause.id = one.cause_id
               AND starts_with(cause.parent_path, wanted.parent_path)
            """
        )

    @api.model
    def _get_orders_query(self):
        return SQL(
            """
            SELECT capa.id AS capa_id, one.date_order AS at
              FROM crm_complaint_capa capa
              JOIN sale_order one
                ON one.company_id = capa.company_id AND one.state = 'sale'
               AND one.date_order >= capa.before_from AND one.date_order < capa.after_to
               AND (capa.product_id IS NULL OR EXISTS (
                       SELECT FROM sale_order_line line
                        WHERE line.order_id = one.id
                          AND line.product_id = capa.product_id))
            """
        )

    # ------------------------------------------------------------------ judging
    @api.model
    def _cron_judge(self):
        """Every day: count what is watched, and say of what is over whether it helped."""
        companies = self.sudo()._read_group(
            [("state", "=", "watched")], [], ["company_id:recordset"]
        )[0][0]
        self.env["crm.job.run"]._run_each(companies, self._judge_company, self._name)

    @api.model
    def _judge_company(self, company):
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return False
        watched = self.sudo().with_company(company)
        watched = watched.search(
            [("company_id", "=", company.id), ("state", "=", "watched")]
        )
        watched._count()
        now = fields.Datetime.now()
        for capa in watched.filtered(lambda one: one.after_to <= now):
            capa._judge()
        return True

    def _judge(self):
        """The window is over: effective, not shown, or a longer window."""
        self.ensure_one()
        if self.verdict == "too_early" and self.extensions < MAX_EXTENSIONS:
            self.extensions += 1
            self.write(self._prepare_windows())
            self._tell_owner(
                lambda env, capa: env._(
                    "Too few orders so far to say whether it helped. It is watched "
                    "until %(day)s.",
                    day=capa._get_last_day(),
                )
            )
            return
        shown = self.verdict == "effective"
        today = self.company_id._get_value_today()
        until = today + timedelta(days=self.window_days)
        self.write(
            {
                "state": "effective" if shown else "not_shown",
                "judged_day": today,
                "recurrence_until": self.company_id._get_value_day_start(until),
            }
        )
        self._tell_owner(lambda _env, capa: capa.effect)
        if not shown:
            speaker = self.with_context(lang=self.user_id.lang)
            self._remind_owner(speaker.env._("No effect shown: plan the action again"))

    def _tell_owner(self, say):
        """A note on the action that the owner gets.

        :param say: called with env and action in the language of the owner
        """
        speaker = self.with_context(lang=self.user_id.lang)
        speaker.message_post(
            body=say(speaker.env, speaker),
            partner_ids=self.user_id.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )

    def _remind_owner(self, summary):
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company_id._get_value_today(),
            user_id=self.user_id.id,
            summary=summary,
        )

    # --------------------------------------------------------------- recurrence
    @api.model
    def _note_recurrence(self, complaints):
        """Open again what was called effective, when the same trouble comes back.

        By when the complaint was received: one from before the action that is typed
        later says nothing about it.
        """
        found = complaints.filtered(
            lambda one: (
                one.type == "complaint" and one.cause_id and one.state != "excluded"
            )
        )
        if not found:
            return
        effective = self.sudo().search(
            [
                ("company_id", "in", found.company_id.ids),
                ("state", "=", "effective"),
                ("recurrence_until", ">", min(found.mapped("received_at"))),
            ]
        )
        for capa in effective:
            again = found.filtered(capa._is_recurrence)
            if again:
                capa._come_back(again)

    def _is_recurrence(self, complaint):
        self.ensure_one()
        causes = complaint.cause_id | complaint.cause_id.parent_id
        return (
            complaint.company_id == self.company_id
            and self.cause_id in causes
            and (not self.product_id or self.product_id == complaint.product_id)
            and self.after_from <= complaint.received_at < self.recurrence_until
        )

    def _come_back(self, complaints):
        numbers = ", ".join(complaints.mapped("reference"))
        self.complaint_ids |= complaints
        self._plan_again()
        self._tell_owner(
            lambda env, _capa: env._(
                "The trouble has come back: %(requests)s. The action is open again.",
                requests=numbers,
            )
        )
