from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmValueAction(models.Model):
    """Regular contact, as often as the tier asks for: the due date is the episode."""

    _inherit = "crm.value.action"

    kind = fields.Selection(
        selection_add=[("contact", "Regular contact")],
        ondelete={"contact": "cascade"},
    )
    outcome = fields.Selection(
        selection_add=[("contacted", "Contacted"), ("missed", "Missed")],
        ondelete={"contacted": "set default", "missed": "set default"},
    )

    @api.model
    def _get_kinds(self):
        return [*super()._get_kinds(), "contact"]

    @api.model
    def _preview(self, company, source=None):
        """As for the others; before the first night the dates are found here."""
        profiles = self.env["crm.value.profile"].sudo()
        known = Domain("company_id", "=", company.id) & Domain(
            "next_contact_date", "!=", False
        )
        if (source or company).crm_value_contact and not profiles.search(
            known, limit=1
        ):
            profiles._update_contacts(company, company._get_value_today())
        return super()._preview(company, source)

    @api.model
    def _get_candidates_sql_contact(self, company, today, options):
        """Whoever is due; the lost are left to win-back."""
        return SQL(
            """
            SELECT profile.partner_id, 'contact'::varchar AS kind,
                   profile.next_contact_date AS episode, profile.tier_id,
                   profile.clv_predictive
              FROM crm_value_profile profile
             WHERE profile.company_id = %s AND profile.next_contact_date <= %s
               AND profile.lifecycle IS DISTINCT FROM 'lost'
            """,
            company.id,
            today,
        )

    def _prepare_contact_activities(self, profile, parameters, today):
        """One activity of the tier's kind, or those of its plan."""
        tier = profile.tier_id
        vals = self._prepare_activity("contact", profile, parameters, today)
        vals["note"] = False
        if tier.contact_activity_type_id:
            kind = tier.contact_activity_type_id
            vals |= {"activity_type_id": kind.id, "summary": kind.summary or kind.name}
        if not tier.contact_plan_id.template_ids:
            return [vals]
        return [
            {
                **vals,
                "activity_type_id": template.activity_type_id.id,
                "summary": template.summary or template.activity_type_id.name,
                "note": template.note,
                "date_deadline": template._get_date_deadline(today),
                "user_id": template._determine_responsible(
                    self.user_id, self.partner_id
                )["responsible"].id
                or self.user_id.id,
            }
            for template in tier.contact_plan_id.template_ids
        ]

    @api.model
    def _update_outcomes(self, company, today):
        """Contacted since, or not until the next contact was due."""
        decided = super()._update_outcomes(company, today)
        if not company.crm_value_contact:
            return decided
        self.env["crm.value.profile"]._update_contacts(company, today)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_value_action action
                   SET outcome = CASE WHEN profile.last_contact_date >= action.date
                                      THEN 'contacted' ELSE 'missed' END,
                       outcome_date = CASE WHEN profile.last_contact_date >= action.date
                                      THEN profile.last_contact_date ELSE %(today)s END,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM crm_value_profile profile
                  JOIN crm_value_tier tier ON tier.id = profile.tier_id
                 WHERE action.company_id = %(company)s AND action.kind = 'contact'
                   AND action.outcome = 'open'
                   AND profile.company_id = action.company_id
                   AND profile.partner_id = action.partner_id
                   AND (profile.last_contact_date >= action.date
                        OR action.date + tier.contact_days <= %(today)s)
                """,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=company.id,
            )
        )
        decided += self.env.cr.rowcount
        self.invalidate_model()
        return decided
