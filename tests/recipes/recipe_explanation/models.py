from odoo import models


class CrmMetricTarget(models.Model):
    _name = "crm.metric.target"
    _inherit = ["crm.metric.target", "crm.explanation.mixin"]

    def _get_explanation(self):
        why = super()._get_explanation()
        why["values"].append(
            {
                "label": self.env._("Progress"),
                "amount": self._format_rate(self.progress),
                "formula": f"{self.actual_text} ÷ {self.target_text}",
            }
        )
        return why
