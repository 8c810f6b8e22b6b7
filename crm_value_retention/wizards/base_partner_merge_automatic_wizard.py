from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: no outreach and no churn counts twice."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        self._drop_repeated_outreach(src_partners + dst_partner)
        self._withdraw_repeated_churn(src_partners + dst_partner)
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

    def _withdraw_repeated_churn(self, partners):
        """Of two records of the same episode the first counts: the wizard would
        otherwise drop all records of the contacts that go."""
        records = self.env["crm.churn.record"].sudo()
        records.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_churn_record record
                   SET is_withdrawn = TRUE, withdrawn_by_id = %(uid)s,
                       withdrawn_at = %(now)s
                  FROM crm_churn_record first
                 WHERE record.partner_id = ANY(%(partners)s)
                   AND first.partner_id = ANY(%(partners)s)
                   AND first.company_id = record.company_id
                   AND first.episode IS NOT DISTINCT FROM record.episode
                   AND first.is_withdrawn IS NOT TRUE
                   AND record.is_withdrawn IS NOT TRUE
                   AND first.id < record.id
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                partners=partners.ids,
            )
        )
        records.invalidate_model()
