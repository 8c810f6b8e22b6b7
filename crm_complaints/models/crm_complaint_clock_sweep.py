from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL


class CrmComplaintClock(models.Model):
    """The job of every minute: what is missed, whom to tell or ask, whose pause is over.

    Per company, in one transaction. What is due is claimed by the UPDATE that marks it:
    run twice, or by two hosts, it finds nothing the second time.
    """

    _inherit = "crm.complaint.clock"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _sweep_company(self, company):
        """Do what is due in one company.

        :return: dict (clock → level) of what was escalated
        """
        clocks = self.sudo().with_company(company)
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return {}
        now = fields.Datetime.now()
        self.env["crm.complaint"].sudo()._wake(company, now)
        self.env.flush_all()
        clocks._note_breaches(company, now)
        escalated = clocks._claim_levels(company, now)
        clocks._tell(escalated)
        self.env["crm.complaint"].sudo().with_company(company)._ask_company(
            company, now
        )
        return escalated

    @api.model
    def _note_breaches(self, company, now):
        """Mark what is missed, as of its own due time and not that of the job."""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_complaint_clock SET breached_at = deadline
                 WHERE company_id = %s AND state = 'running' AND breached_at IS NULL
                   AND deadline < %s
                RETURNING id
                """,
                company.id,
                now,
            )
        )
        missed = self.browse(row[0] for row in rows)
        if missed:
            missed.invalidate_recordset(["breached_at"])
            missed.modified(["breached_at"])
            missed._log("breach")
        return missed

    @api.model
    def _claim_levels(self, company, now):
        """Take the levels that are due: the highest of each clock, once.

        Until the next service level applies, a level that was told is not told again.
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_complaint_clock clock
                   SET escalated_level = due.level,
                       next_level_at = CASE due.level WHEN 50 THEN warn_at
                                                      WHEN 75 THEN final_at END
                  FROM (SELECT id, CASE WHEN final_at <= %(now)s THEN 100
                                        WHEN warn_at <= %(now)s THEN 75
                                        ELSE 50 END AS level
                          FROM crm_complaint_clock
                         WHERE company_id = %(company)s AND state = 'running'
                           AND next_level_at <= %(now)s) due
                 WHERE clock.id = due.id AND clock.state = 'running'
                   AND clock.next_level_at <= %(now)s
                RETURNING clock.id, clock.escalated_level
                """,
                company=company.id,
                now=now,
            )
        )
        self.invalidate_model(["escalated_level", "next_level_at"])
        found = self.browse(row[0] for row in rows)
        # from one set, so that what is read of one is read of all
        levels = {clock: row[1] for clock, row in zip(found, rows, strict=True)}
        found.modified(["escalated_level"])
        for level in sorted(set(levels.values())):
            group = found.filtered(lambda one, level=level: levels[one] == level)
            group._log("escalate", now, level=level)
        return levels

    @api.model
    def _tell(self, escalated):
        """One message per person, about everything that concerns them.

        Half of the time used: whoever is responsible. Three quarters: the team leader
        as well. Missed: both.
        """
        waiting = {}
        for clock, level in escalated.items():
            complaint = clock.complaint_id
            leader = complaint.team_id.user_id
            users = complaint.user_id or leader
            if level > 50:
                users |= leader
            for user in users.filtered("active"):
                waiting.setdefault(user, []).append((clock, level))
        for user, found in waiting.items():
            speaker = self.with_context(lang=user.lang)
            items = Markup().join(speaker._get_notice(*one) for one in found)
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=user.partner_id.ids,
                subject=speaker.env._(
                    "%(count)s service levels need you", count=len(found)
                ),
                body=Markup("<ul>%s</ul>") % items,
                email_layout_xmlid="mail.mail_notification_light",
            )

    @api.model
    def _get_notice(self, clock, level):
        complaint = clock.complaint_id.with_env(self.env)
        target = dict(self._fields["target"]._description_selection(self.env))
        if clock.breached_at:
            word = self.env._("missed")
        elif level == 100:
            word = self.env._("due now")
        else:
            word = self.env._("%(percent)s %% of the time used", percent=level)
        return Markup('<li><a href="%s">%s</a>: %s, %s</li>') % (
            f"/odoo/complaints/{complaint.id}",
            # by its number: what a customer said is in one place only, to be erasable
            f"{complaint.reference}, {complaint.team_id.name}",
            target[clock.target],
            word,
        )

    @api.model
    def _cron_sweep(self):
        """Every company that has requests, one transaction each."""
        teams = self.env["crm.complaint.team"].with_context(active_test=False)
        companies = self.env["res.company"].browse(
            company.id for (company,) in teams._read_group([], ["company_id"])
        )
        self.env["crm.job.run"]._run_each(
            companies, self._sweep_company, self._name, repeat=False
        )
