from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: no outreach counts twice."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        self._drop_repeated_outreach(src_partners + dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _drop_repeated_outreach(self, partners):
        """Of two rows for the same episode the first stays.

        The wizard would otherwise drop all rows of the contacts that go.
        """
        outreach = self.env["crm.value.outreach"].sudo()
        outreach.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_value_outreach outreach USING crm_value_outreach first
                 WHERE outreach.partner_id = ANY(%(partners)s)
                   AND first.partner_id = ANY(%(partners)s)
                   AND first.company_id = outreach.company_id
                   AND first.kind = outreach.kind AND first.episode = outreach.episode
                   AND first.id < outreach.id
                """,
                partners=partners.ids,
            )
        )
        outreach.invalidate_model()
