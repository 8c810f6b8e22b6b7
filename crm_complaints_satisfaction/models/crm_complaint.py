import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_complaints.models.crm_complaint_survey import CORRECTION

_logger = logging.getLogger(__name__)

AT_ONCE = 1000


class CrmComplaint(models.Model):
    """The customer's mark becomes a satisfaction answer about the service.

    Once it cannot be corrected any more: answers are never changed. It does not count in
    the CSAT, which asks how satisfied customers are with all of it.
    """

    _inherit = "crm.complaint"

    mark_recorded = fields.Boolean(
        readonly=True,
        copy=False,
        help="The customer's mark is a satisfaction answer already.",
    )

    @api.model
    def _get_kept(self, is_new):
        return super()._get_kept(is_new) | {"mark_recorded"}

    @api.model
    def _cron_record_marks(self):
        """Every hour, company by company."""
        teams = self.env["crm.complaint.team"].with_context(active_test=False)
        companies = self.env["res.company"].browse(
            company.id for (company,) in teams._read_group([], ["company_id"])
        )
        self.env["crm.job.run"]._run_each(companies, self._record_marks, self._name)

    @api.model
    def _record_marks(self, company):
        """Record the marks of one company that are final.

        :return: False while more of them wait, or somebody else is at it
        """
        if not self.env["crm.job.run"]._try_lock(company, f"{self._name} marks"):
            return False
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT one.id, mark.id, mark.rating::int, mark.feedback, one.marked_at,
                       COALESCE(mark.partner_id, one.partner_id)
                  FROM crm_complaint one
                  JOIN rating_rating mark
                    ON mark.res_model = 'crm.complaint' AND mark.res_id = one.id
                 WHERE one.company_id = %s AND one.mark_recorded IS NOT TRUE
                   AND mark.consumed AND mark.rating >= 1 AND one.marked_at <= %s
                   AND one.state <> 'excluded'
                   AND COALESCE(mark.partner_id, one.partner_id) IS NOT NULL
                 ORDER BY mark.id LIMIT %s
                """,
                company.id,
                fields.Datetime.now() - CORRECTION,
                AT_ONCE,
            )
        )
        marked = self.sudo().browse(row[0] for row in rows)
        vals_list = [
            complaint._prepare_answer_vals(*row[1:])
            for complaint, row in zip(marked, rows, strict=True)
        ]
        if not self._try_record(company, vals_list):
            # one of them is wrong: the others must not wait for it
            for complaint, vals in zip(marked, vals_list, strict=True):
                if not self._try_record(company, [vals]):
                    complaint.message_post(
                        body=self.env._(
                            "The customer's mark could not become a satisfaction answer."
                        ),
                        subtype_xmlid="mail.mt_note",
                    )
        marked.mark_recorded = True
        return len(rows) < AT_ONCE

    @api.model
    def _try_record(self, company, vals_list):
        """Record answers, or none of them.

        :return: whether they could be recorded
        """
        answers = self.env["crm.satisfaction.answer"].with_company(company)
        try:
            with self.env.cr.savepoint():
                answers._record(vals_list)
        except UserError as error:
            _logger.warning("Marks of %s could not be recorded: %s", company, error)
            return False
        return True

    def _prepare_answer_vals(self, mark, answer, feedback, moment, partner):
        self.ensure_one()
        company = self.company_id
        return {
            "company_id": company.id,
            "partner_id": partner,
            "kind": "csat",
            "dimension": "service",
            "answer": answer,
            "comment": feedback or False,
            "date": company._get_value_day(moment),
            "source_key": f"rating.rating,{mark}",
            "document": f"{self._name},{self.id}",
            "user_id": self.user_id.id,
        }

    def _erase_person(self):
        """What was said with the mark goes, too; the number stays."""
        documents = [f"{self._name},{complaint.id}" for complaint in self]
        answers = self.env["crm.satisfaction.answer"]
        answers.search([("document", "in", documents)])._erase_person()
        return super()._erase_person()
