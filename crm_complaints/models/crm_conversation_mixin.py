from odoo import models


class CrmConversationMixin(models.AbstractModel):
    """Customers rate what they talked about with us: erased with the rest."""

    _inherit = "crm.conversation.mixin"

    def _erase_conversation(self):
        result = super()._erase_conversation()
        ratings = self.env["rating.rating"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        ratings.feedback = False
        self.env.add_to_compute(ratings._fields["res_name"], ratings)
        return result
