from odoo import models


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """An answer is not deleted, but the person and their comment are removed.

        Otherwise "delete all" would stop at the first answer, or figures that were
        reported would change.
        """
        if self.res_model != "crm.satisfaction.answer" or self.is_unlinked:
            return super().action_unlink()
        answer = self.env[self.res_model].sudo().browse(self.res_id).exists()
        if answer.partner_id:
            answer._erase_person()
        self.execution_details = self.env._(
            "Made anonymous: %(model)s #%(id)s",
            model=self.res_model_id.name,
            id=self.res_id,
        )
        self.is_unlinked = True
        return None
