from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: the newest tier set by hand holds, no action counts twice."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        self._end_overlapping_overrides(src_partners + dst_partner)
        self._drop_repeated_actions(src_partners + dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        overrides = self.env["crm.value.override"].sudo()
        for company in overrides.search(
            [("partner_id", "=", dst_partner.id)]
        ).company_id:
            overrides._apply(company, dst_partner.ids)
        return result

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
