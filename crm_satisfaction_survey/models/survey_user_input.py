import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from .survey_question import EDITORS

_logger = logging.getLogger(__name__)


class SurveyUserInput(models.Model):
    """What a customer answered becomes satisfaction answers when they are done."""

    _inherit = "survey.user_input"

    satisfaction_plan_id = fields.Many2one(
        "crm.satisfaction.plan",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        groups=EDITORS,
    )

    def _mark_done(self):
        result = super()._mark_done()
        for answer in self:
            answer.sudo()._record_satisfaction()
        return result

    def _record_satisfaction(self):
        """Once per question and participation; tests and strangers do not count.

        The customer has answered: what is wrong with the question is ours to find out,
        and in the log.
        """
        self.ensure_one()
        if self.test_entry or not self.partner_id:
            return
        answers = self.env["crm.satisfaction.answer"]
        try:
            with self.env.cr.savepoint():
                answers._record(self._prepare_satisfaction_vals_list())
        except UserError:
            _logger.exception("Survey answers %s could not be counted", self.id)

    def _prepare_satisfaction_vals_list(self):
        company = self._get_satisfaction_company()
        words = self.user_input_line_ids.filtered(
            lambda line: line.answer_type == "text_box" and not line.skipped
        )
        comment = "\n".join(filter(None, words.mapped("value_text_box")))
        vals_list = []
        for line in self.user_input_line_ids:
            question = line.question_id
            if not question.satisfaction_kind or line.skipped:
                continue
            if line.answer_type != "scale":
                continue
            overall = not question.satisfaction_dimension
            vals_list.append(
                {
                    "company_id": company.id,
                    "partner_id": self.partner_id.id,
                    "date": company._get_value_day(
                        self.end_datetime or fields.Datetime.now()
                    ),
                    "kind": question.satisfaction_kind,
                    "dimension": question.satisfaction_dimension,
                    "answer": line.value_scale,
                    # what was said belongs to the overall answer, once
                    "comment": comment if overall else False,
                    "source_key": f"{self._name},{self.id}:{question.id}",
                    "document": f"{self._name},{self.id}",
                }
            )
        return vals_list

    @api.model
    def _get_satisfaction_company(self):
        """That of the plan, else of the contact, else of the website or user."""
        company = self.satisfaction_plan_id.company_id or self.partner_id.company_id
        return company or self.env.company

    def _erase_satisfaction_person(self):
        """Forget who answered, and what they wrote; the marks stay."""
        self.write({"email": False, "nickname": False})
        self.user_input_line_ids.filtered(
            lambda line: line.answer_type in ("text_box", "char_box")
        ).unlink()
