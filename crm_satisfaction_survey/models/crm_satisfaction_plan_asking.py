import calendar
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_company_job import CONFLICTS

_logger = logging.getLogger(__name__)


class CrmSatisfactionPlan(models.Model):
    """The daily job: who is asked today.

    A fair sample: of each tier as many, and within a tier by an order that a hash of
    customer and month gives, so that neither names nor revenue decide.
    """

    _inherit = "crm.satisfaction.plan"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_ask(self):
        """Every day, company by company."""
        plans = self.sudo().search([("is_running", "=", True)])
        self.env["crm.job.run"]._run_each(
            plans.company_id, self._ask_company, self._name
        )

    @api.model
    def _ask_company(self, company):
        """Ask those whose turn it is; again on the same day it asks nobody more.

        :return: the participations that were made, or False when somebody else is at it
        """
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return False
        asked = self.env["survey.user_input"].sudo()
        plans = self.sudo().with_company(company)
        running = [
            ("company_id", "=", company.id),
            ("is_running", "=", True),
            ("template_id", "!=", False),
        ]
        for plan in plans.search(running):
            today = company._get_value_today()
            asked |= plan._ask(plan._sample(today, plan._get_quota(today)))
        return asked

    def _get_quota(self, today):
        """How many more are to be asked until the end of today."""
        self.ensure_one()
        days = calendar.monthrange(today.year, today.month)[1]
        due = self.per_month * today.day // days
        start = self.company_id._get_value_day_start(today.replace(day=1))
        done = self.env["survey.user_input"].search_count(
            [("satisfaction_plan_id", "=", self.id), ("create_date", ">=", start)]
        )
        return max(due - done, 0)

    def _sample(self, today, count):
        """The contacts to ask, as many of each tier as there are.

        :return: list of (customer, contact), ids: companies are asked through their own
            address or, without one, the contact that was there first
        """
        self.ensure_one()
        self.env.flush_all()
        since = self.company_id._get_value_day_start(
            today - timedelta(days=self.pause_days)
        )
        return self.env.execute_query(
            SQL(
                """
                WITH contact AS (
                    SELECT DISTINCT ON (profile.partner_id)
                           profile.partner_id AS customer_id, profile.tier_id,
                           person.id AS contact_id, person.email_normalized AS email
                      FROM crm_value_profile profile
                      JOIN res_partner person
                        ON person.commercial_partner_id = profile.partner_id
                       AND person.active AND person.email_normalized IS NOT NULL
                       AND person.type IN ('contact', 'other')
                     WHERE profile.company_id = %(company)s
                       AND profile.last_purchase > %(oldest)s
                       AND profile.tier_id IS NOT NULL
                       AND (%(all)s OR profile.tier_id = ANY(%(tiers)s))
                       AND NOT EXISTS (
                           SELECT FROM mail_blacklist refused
                            WHERE refused.active
                              AND refused.email = person.email_normalized)
                       AND NOT EXISTS (
                           SELECT FROM res_users colleague
                            WHERE colleague.partner_id = person.id
                              AND NOT colleague.share)
                     ORDER BY profile.partner_id, person.id <> profile.partner_id,
                              person.id),
                turn AS (
                    SELECT contact.*, ROW_NUMBER() OVER (
                               PARTITION BY tier_id
                               ORDER BY hashint8(customer_id::int8 * 1000003 + %(month)s),
                                        customer_id) AS place
                      FROM contact
                     WHERE NOT EXISTS (
                           SELECT FROM survey_user_input asked
                             JOIN crm_satisfaction_plan plan
                               ON plan.id = asked.satisfaction_plan_id
                             LEFT JOIN res_partner person
                               ON person.id = asked.partner_id
                            WHERE plan.company_id = %(company)s
                              AND asked.create_date >= %(since)s
                              AND (person.commercial_partner_id = contact.customer_id
                                   OR asked.email = contact.email)))
                SELECT customer_id, contact_id FROM turn
                 ORDER BY place, tier_id LIMIT %(count)s
                """,
                company=self.company_id.id,
                oldest=today - timedelta(days=self.active_days),
                all=not self.tier_ids,
                tiers=self.tier_ids.ids,
                month=today.year * 12 + today.month,
                since=since,
                count=count,
            )
        )

    def _ask(self, sample):
        """Send each of them the link; an address that fails stops nobody else.

        The first failure is shown with the runs of jobs.
        """
        failure = None
        asked = self.env["survey.user_input"]
        contacts = self.env["res.partner"].browse(contact for _one, contact in sample)
        deadline = fields.Datetime.now() + timedelta(days=self.answer_days)
        for contact in contacts:
            try:
                with self.env.cr.savepoint():
                    answer = self.survey_id._create_answer(
                        partner=contact,
                        check_attempts=False,
                        deadline=deadline,
                        satisfaction_plan_id=self.id,
                    )
                    self.template_id.send_mail(answer.id)
                    asked |= answer
            except CONFLICTS:
                raise
            except Exception as error:
                _logger.exception("Contact %s could not be asked", contact.id)
                failure = failure or error
        if failure:
            self.env["crm.job.run"]._keep_failure(self, self._name, failure)
        return asked

    def action_preview(self):
        """Who would be asked in a month from now on; nothing is sent."""
        self.ensure_one()
        self.check_access("read")
        plan = self.sudo()
        today = plan.company_id._get_value_today()
        sample = plan._sample(today, plan.per_month)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Would Be Asked"),
            "res_model": "crm.value.profile",
            "views": [(False, "list"), (False, "form")],
            "domain": [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", [customer for customer, _contact in sample]),
            ],
        }
