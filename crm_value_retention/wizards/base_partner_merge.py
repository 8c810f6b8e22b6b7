from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: no action counts twice."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        self._drop_repeated_actions(src_partners + dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _drop_repeated_actions(self, partners):
        """Of two actions for the same episode the first stays.

        The wizard would otherwise drop all actions of the contacts that go.
        """
        actions = self.env["crm.value.action"].sudo()
        actions.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_value_action action USING crm_value_action first
                 WHERE action.partner_id = ANY(%(partners)s)
                   AND first.partner_id = ANY(%(partners)s)
                   AND first.company_id = action.company_id
                   AND first.kind = action.kind AND first.episode = action.episode
                   AND first.id < action.id
                """,
                partners=partners.ids,
            )
        )
        actions.invalidate_model()
