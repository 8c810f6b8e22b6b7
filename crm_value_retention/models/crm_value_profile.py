from odoo import api, fields, models
from odoo.tools import SQL, format_date

# Documents on which a customer is talked to, and the column of the contact.
CONTACT_DOCUMENTS = {
    "res.partner": "id",
    "crm.lead": "partner_id",
    "sale.order": "partner_id",
}


class CrmValueProfile(models.Model):
    """When the customer was last contacted, and when the tier asks for it again.

    A contact is, on the customer, one of its contacts, leads or orders: a done activity,
    or a message that both sides can read; and a meeting that they did not decline.
    """

    _inherit = "crm.value.profile"

    last_contact_date = fields.Date(
        string="Last Contact",
        readonly=True,
        help="Last done activity, message or meeting with the customer, for tiers with a "
        "regular contact. As of last night.",
    )
    next_contact_date = fields.Date(
        string="Next Contact",
        readonly=True,
        help="Last contact, or the day on which the customer became known, plus the "
        "days of the tier.",
    )

    @api.model
    def _update_contacts(self, company, today):
        """Both dates of the company's customers, those that changed only.

        :return: number of profiles that changed
        """
        for name in (
            "res.partner", "crm.lead", "sale.order", "mail.activity", "mail.message",
            "calendar.event", "calendar.attendee", "crm.value.tier", "crm.value.profile",
        ):  # fmt: skip
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH contact AS (
                    SELECT contact.id, profile.id AS profile_id
                      FROM crm_value_profile profile
                      JOIN crm_value_tier tier
                        ON tier.id = profile.tier_id AND tier.contact_days > 0
                      JOIN res_partner contact
                        ON contact.commercial_partner_id = profile.partner_id
                     WHERE profile.company_id = %(company)s
                ), latest AS (
                    SELECT profile_id, MAX(day) AS day FROM (%(touches)s) touch
                     WHERE day <= %(today)s GROUP BY profile_id
                ), wanted AS (
                    SELECT profile.id,
                           CASE WHEN tier.contact_days > 0 THEN latest.day END AS last,
                           CASE WHEN tier.contact_days > 0 THEN
                               COALESCE(latest.day, profile.create_date::date)
                               + tier.contact_days END AS next
                      FROM crm_value_profile profile
                      LEFT JOIN crm_value_tier tier ON tier.id = profile.tier_id
                      LEFT JOIN latest ON latest.profile_id = profile.id
                     WHERE profile.company_id = %(company)s
                )
                UPDATE crm_value_profile profile
                   SET last_contact_date = wanted.last, next_contact_date = wanted.next
                  FROM wanted
                 WHERE wanted.id = profile.id
                   AND (profile.last_contact_date, profile.next_contact_date)
                       IS DISTINCT FROM (wanted.last, wanted.next)
                """,
                company=company.id,
                today=today,
                touches=SQL(" UNION ALL ").join(self._get_touches(company)),
            )
        )
        changed = self.env.cr.rowcount
        self.invalidate_model(["last_contact_date", "next_contact_date"])
        return changed

    @api.model
    def _get_touches(self, company):
        """Hook: list of SQL ``profile_id, day``: every contact with a ``contact``."""
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        touches = [
            SQL(
                """
                SELECT contact.profile_id, %s AS day
                  FROM contact
                  JOIN calendar_event_res_partner_rel attendee
                    ON attendee.res_partner_id = contact.id
                  JOIN calendar_event event
                    ON event.id = attendee.calendar_event_id AND event.active
                 WHERE NOT EXISTS (SELECT FROM calendar_attendee answer
                                    WHERE answer.event_id = event.id
                                      AND answer.partner_id = contact.id
                                      AND answer.state = 'declined')
                """,
                self._get_local_day_sql(company, SQL("event.start")),
            )
        ]
        for model, column in CONTACT_DOCUMENTS.items():
            values = {
                "model": model,
                "table": SQL.identifier(self.env[model]._table),
                "column": SQL.identifier("document", column),
                "company": SQL("TRUE")
                if model == "res.partner"
                else SQL(
                    "COALESCE(document.company_id, %s) = ANY(%s)",
                    company.id,
                    company._get_value_company_ids(),
                ),
            }
            touches.append(
                SQL(
                    """
                    SELECT contact.profile_id, %(done)s
                      FROM contact
                      JOIN %(table)s document ON %(column)s = contact.id AND %(company)s
                      JOIN mail_activity activity
                        ON activity.res_model = %(model)s
                       AND activity.res_id = document.id AND NOT activity.active
                     WHERE activity.date_done IS NOT NULL
                    """,
                    **values,
                    done=self._get_done_day_sql(company),
                )
            )
            touches.append(
                SQL(
                    """
                    SELECT contact.profile_id, %(day)s
                      FROM contact
                      JOIN %(table)s document ON %(column)s = contact.id AND %(company)s
                      JOIN mail_message message
                        ON message.model = %(model)s AND message.res_id = document.id
                     WHERE message.message_type IN ('email', 'comment', 'email_outgoing')
                       AND message.subtype_id = %(comment)s
                       AND message.is_internal IS NOT TRUE
                    """,
                    **values,
                    day=self._get_local_day_sql(company, SQL("message.date")),
                    comment=comment,
                )
            )
        return touches

    @api.model
    def _get_done_day_sql(self, company):
        """SQL: the company's local day on which ``activity`` was done.

        Odoo keeps the day of UTC only. The activity is archived in the same write, so its
        timestamp tells the hour, unless somebody wrote it again on another day.
        """
        return SQL(
            "CASE WHEN activity.write_date::date = activity.date_done"
            " THEN %s ELSE activity.date_done END",
            self._get_local_day_sql(company, SQL("activity.write_date")),
        )

    @api.model
    def _get_local_day_sql(self, company, timestamp):
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            timestamp,
            company._get_value_timezone(),
        )

    def _get_card_figures(self):
        figures = super()._get_card_figures()
        if self.next_contact_date:
            name = "next_contact_date"
            figures.append(
                {
                    "name": name,
                    "label": self._fields[name]._description_string(self.env),
                    "value": format_date(self.env, self.next_contact_date),
                }
            )
        return figures

    def action_record_churn(self):
        """Open the dialog that records why the customer left."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_record_churn()
