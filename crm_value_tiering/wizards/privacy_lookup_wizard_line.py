from odoo import models


class PrivacyLookupWizardLine(models.TransientModel):
    """What was written goes; figures, decisions and answers stay as they were reported."""

    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """Otherwise “delete all” would stop at the first record that is never deleted."""
        model = self.env[self.res_model]
        erasable = isinstance(model, self.env.registry["crm.erasable.mixin"])
        if not erasable or model._transient or self.is_unlinked:
            return super().action_unlink()
        model.sudo().browse(self.res_id).exists()._erase_person()
        self.execution_details = self.env._(
            "Made anonymous: %(model)s #%(id)s",
            model=self.res_model_id.name,
            id=self.res_id,
        )
        self.is_unlinked = True
        return None
