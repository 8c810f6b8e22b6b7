from odoo import api, fields, models


class CrmValueModel(models.Model):
    """The value model shows how accurate its forecast was when last measured."""

    _inherit = "crm.value.model"

    holdout_ids = fields.One2many("crm.value.holdout", "model_id")
    accuracy_html = fields.Html(
        string="Accuracy",
        compute="_compute_accuracy_html",
        sanitize=False,
        help="What the last check of the forecast against the past found.",
    )

    @api.depends("holdout_ids.figures")
    @api.depends_context("lang")
    def _compute_accuracy_html(self):
        for model in self:
            model.accuracy_html = model.holdout_ids.sorted("id")[-1:].summary_html
