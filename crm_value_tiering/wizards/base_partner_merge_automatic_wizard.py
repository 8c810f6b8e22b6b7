from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: the newest tier set by hand stays."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        sources, heir = src_partners.sudo(), dst_partner.sudo()
        before = (sources | heir).commercial_partner_id
        customer = heir.commercial_partner_id
        overrides = self.env["crm.value.override"].sudo()
        if customer != heir:
            # merged into somebody's contact: the decision was not about that company
            overrides.search([("partner_id", "in", sources.ids)]).action_end()
        self.env["crm.value.profile"]._follow_customer(sources, customer)
        self._end_overlapping_overrides(src_partners + dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        for company in overrides.search(
            [("partner_id", "=", dst_partner.id)]
        ).company_id:
            overrides._apply(company, dst_partner.ids)
        customers = (before - sources) | customer
        overrides._update_leads(customers.ids)
        customers._mark_value_dirty()
        return result

    def _end_overlapping_overrides(self, partners):
        """End each override on the day on which a later decision begins.

        Otherwise the database refuses to have both for one customer, and with it the
        whole merge: the wizard does not expect exclusion constraints.
        """
        overrides = self.env["crm.value.override"].sudo()
        overrides.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_value_override older
                   SET date_to = GREATEST(older.date_from, later.date_from),
                       ended_by_id = %(uid)s, write_uid = %(uid)s, write_date = %(now)s
                  FROM (SELECT a.id, MIN(b.date_from) AS date_from
                          FROM crm_value_override a
                          JOIN crm_value_override b
                            ON b.company_id = a.company_id AND b.id > a.id
                           AND daterange(a.date_from, a.date_to)
                            && daterange(b.date_from, b.date_to)
                         WHERE a.partner_id = ANY(%(partners)s)
                           AND b.partner_id = ANY(%(partners)s)
                         GROUP BY a.id) later
                 WHERE later.id = older.id
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                partners=partners.ids,
            )
        )
        overrides.invalidate_model()
