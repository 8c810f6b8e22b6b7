from odoo import api, fields, models
from odoo.exceptions import ValidationError

EDITORS = "survey.group_survey_user"


class SurveyQuestion(models.Model):
    """A question whose answers are satisfaction answers."""

    _inherit = "survey.question"

    @api.model
    def _selection_satisfaction_kind(self):
        return (
            self.env["crm.satisfaction.answer"]
            ._fields["kind"]
            ._description_selection(self.env)
        )

    @api.model
    def _selection_satisfaction_dimension(self):
        return (
            self.env["crm.satisfaction.answer"]
            ._fields["dimension"]
            ._description_selection(self.env)
        )

    satisfaction_kind = fields.Selection(
        "_selection_satisfaction_kind",
        string="Counts As",
        groups=EDITORS,
        help="Each answer becomes a satisfaction answer of the customer. CSAT asks on a "
        "scale from 1 to 5, NPS from 0 to 10.",
    )
    satisfaction_dimension = fields.Selection(
        "_selection_satisfaction_dimension",
        string="About",
        groups=EDITORS,
        help="Empty: an overall question, which CSAT and NPS are made of.",
    )

    @api.constrains("satisfaction_kind", "question_type", "scale_min", "scale_max")
    def _check_satisfaction_scale(self):
        scales = self.env["crm.satisfaction.answer"]._get_scales()
        for question in self.filtered("satisfaction_kind"):
            scale = scales[question.satisfaction_kind]
            if question.question_type != "scale" or (
                (question.scale_min, question.scale_max) != (scale.low, scale.high)
            ):
                raise ValidationError(
                    self.env._(
                        "“%(question)s” counts as %(kind)s: make it a scale from "
                        "%(low)s to %(high)s.",
                        question=question.title,
                        kind=question.satisfaction_kind.upper(),
                        low=scale.low,
                        high=scale.high,
                    )
                )
