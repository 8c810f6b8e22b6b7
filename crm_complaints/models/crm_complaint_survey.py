import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize

from odoo.addons.crm_value_tiering.context import OURS
from odoo.addons.crm_value_tiering.models.crm_company_job import CONFLICTS

_logger = logging.getLogger(__name__)

MARKS = range(1, 6)
LOW_MARK = 2  # 1 and 2 of 5: the customer is not satisfied
ANSWER_DAYS = 30  # afterwards nobody is asked, and a link takes no mark
CORRECTION = timedelta(minutes=15)
AT_ONCE = 100  # so that one company's mails do not hold the job of every minute


class CrmComplaint(models.Model):
    """Asking the customer after closing, once, and what a low mark does.

    Requests that come in closed, as by an import, are never asked about: only the step
    into "closed" plans the question.
    """

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    def init(self):
        """Marks that were given before their moment was kept: the last change of them."""
        result = super().init()
        self.env.cr.execute(
            """
            UPDATE crm_complaint one SET marked_at = mark.write_date
              FROM rating_rating mark
             WHERE mark.res_model = 'crm.complaint' AND mark.res_id = one.id
               AND mark.consumed AND one.marked_at IS NULL
            """
        )
        return result

    # -------------------------------------------------------------------- asking
    def _plan_survey(self, now):
        """Closed just now: the customer is asked when the delay of the team is over.

        Not when they were asked about this request before.
        """
        for complaint in self.filtered(lambda one: not one.surveyed_at):
            team = complaint.team_id.sudo()
            if team.survey_template_id:
                delay = timedelta(hours=team.survey_delay_hours)
                complaint.sudo().survey_due_at = now + delay

    @api.model
    def _ask_company(self, company, now):
        """Ask the customers of one company whose time has come.

        Claimed by the UPDATE: run twice, it finds nothing the second time.

        :return: the requests that were asked about
        """
        self.flush_model(["company_id", "survey_due_at"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_complaint SET survey_due_at = NULL
                 WHERE id IN (SELECT id FROM crm_complaint
                               WHERE company_id = %s AND survey_due_at <= %s
                               ORDER BY survey_due_at, id LIMIT %s
                                 FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                company.id,
                now,
                AT_ONCE,
            )
        )
        due = self.browse(row[0] for row in rows).sorted("id")
        due.invalidate_recordset(["survey_due_at"])
        asked = due._get_askable(now).filtered(lambda one: one._ask())
        asked.sudo().surveyed_at = now
        return asked

    def _ask(self):
        """Send the question.

        :return: whether it could be sent; one that cannot stops neither the others nor
            the clocks, and says so on the request
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._post_automatic(self.team_id.sudo().survey_template_id)
                return True
        except CONFLICTS:
            raise
        except Exception:
            _logger.exception("The question about request %s failed", self.id)
        self.message_post(
            body=self.env._(
                "The customer could not be asked: the mail of the team has an error."
            ),
            subtype_xmlid="mail.mt_note",
        )
        return False

    def _get_askable(self, now):
        """Those whose customer may be asked now: certain, not asked lately, not marked.

        Of several requests of a contact the one that was closed last.
        """
        oldest = now - timedelta(days=ANSWER_DAYS)
        wanted = self.filtered(
            lambda one: (
                one.state == "closed"
                and one.closed_at >= oldest
                and one.team_id.sudo().survey_template_id
                and not one._has_rating()
                and one._get_customer_email()
            )
        ).sorted("closed_at", reverse=True)
        emails = {one: one._get_customer_email() for one in wanted}
        refused = self.env["mail.blacklist"].sudo()
        refused = refused.search([("email", "in", list(emails.values()))])
        left_out = set(refused.mapped("email"))
        latest = wanted._get_last_asked()
        asked = self.browse()
        for complaint, email in emails.items():
            pause = timedelta(days=complaint.team_id.sudo().survey_pause_days)
            before = latest.get(complaint.partner_id or complaint.email_from)
            if email not in left_out and not (before and before > now - pause):
                asked |= complaint
                left_out.add(email)
        return asked

    def _get_last_asked(self):
        """When who wrote these requests was asked last, about any request.

        :return: dict partner, or address of who is none → moment
        """
        by_partner = [("partner_id", "in", self.partner_id.ids)]
        by_address = [
            ("partner_id", "=", False),
            ("email_from", "in", self.mapped("email_from")),
        ]
        return {
            contact: moment
            for name, domain in (("partner_id", by_partner), ("email_from", by_address))
            for contact, moment in self._read_group(
                [*domain, ("surveyed_at", "!=", False)], [name], ["surveyed_at:max"]
            )
        }

    def _get_customer_email(self):
        """The address of who can be written to without doubt, normalized, or False.

        Not a colleague, and not an address that was found in a forwarded mail.
        """
        self.ensure_one()
        partner = self.partner_id
        if self.proposed_email or (partner and not partner.partner_share):
            return False
        return partner.email_normalized or (
            not partner and email_normalize(self.email_from or "")
        )

    # --------------------------------------------------------------------- marks
    def _may_rate(self, correct=False):
        """Whether the customer may give a mark, or correct the one just given."""
        self.ensure_one()
        now = fields.Datetime.now()
        if self.exclusion:
            return False
        if self._has_rating():
            return correct and now <= self.marked_at + CORRECTION
        oldest = now - timedelta(days=ANSWER_DAYS)
        asked = self.surveyed_at or self.closed_at
        return self.state == "closed" and max(asked, self.closed_at) >= oldest

    def _rate_from_portal(self, value, feedback, correct=False):
        """Keep the customer's mark, once; soon afterwards they may correct it.

        :param correct: whether the same browser gave the mark that there is
        :return: whether it was kept; False when there is one already, or it is too late
        """
        self.ensure_one()
        if value not in MARKS:
            raise UserError(self.env._("Give a mark from 1 to 5, please."))
        # Waits for another browser's answer; Odoo's lock would give up, and lose this one.
        self.env.execute_query(
            SQL("SELECT FROM crm_complaint WHERE id = %s FOR NO KEY UPDATE", self.id)
        )
        if not self._may_rate(correct):
            return False
        given = self.sudo().rating_ids.filtered("consumed")[:1]
        before = given.rating
        rating = given
        if not given:
            token = self._rating_get_access_token()
            rating = self.env["rating.rating"].sudo()
            rating = rating.search([("access_token", "=", token)])
        self.with_context(crm_complaint_silent=OURS).rating_apply(
            value,
            rating=rating,
            feedback=feedback[:2000],
            subtype_xmlid="mail.mt_note",
        )
        self.sudo().marked_at = fields.Datetime.now()
        self._note_mark(value, before)
        return True

    def _has_rating(self):
        return any(self.sudo().rating_ids.mapped("consumed"))

    def _rating_get_parent_field_name(self):
        return "team_id"

    def _note_mark(self, value, before=0):
        """A low mark is somebody's task today; the team decides whether it reopens.

        :param before: the mark that is corrected, 0 without one
        """
        self.ensure_one()
        if value > LOW_MARK or 0 < before <= LOW_MARK:
            return
        complaint = self.with_user(SUPERUSER_ID)
        reopens = (
            complaint.team_id.low_mark_action == "reopen"
            and complaint._may_reopen(fields.Datetime.now())
        )
        if reopens:
            complaint._reopen()
        user = complaint._get_mark_reader()
        if not user:
            return
        speaker = complaint.with_context(lang=user.lang)
        speaker.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=complaint.company_id._get_value_today(),
            user_id=user.id,
            summary=speaker.env._("Mark %(mark)s of 5: not satisfied", mark=value),
            note=speaker.env._(
                "The request was reopened: find out what is still wrong."
            )
            if reopens
            else speaker.env._("Call the customer and find out what is still wrong."),
        )

    def _get_mark_reader(self):
        """Who takes care of a low mark: the leader, else who was responsible, else a
        quality manager of the company. Only somebody who can open the request.
        """
        self.ensure_one()
        return self._find_reader(self.team_id.user_id | self.user_id)
