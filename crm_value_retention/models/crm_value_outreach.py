from odoo import api, fields, models
from odoo.tools import SQL


class CrmValueOutreach(models.Model):
    """An activity that a customer's owner was asked for, once per episode.

    An episode of risk or loss begins with the last purchase: its date is the key, so a
    customer who does not buy is the subject of one save and one win-back outreach, however
    often the job runs and the churn level goes up and down. Rows are written by
    :meth:`_schedule_company`, whose INSERT decides who gets an activity; the outcome
    follows from the profile.
    """

    _name = "crm.value.outreach"
    _inherit = "crm.company.mixin"
    _description = "Retention Activity"
    _order = "date desc, id desc"
    _of_main_company = True
    _rec_name = "partner_id"

    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("save", "Save customer"),
            ("winback", "Win back customer"),
            ("contact", "Regular contact"),
        ],
        required=True,
    )
    episode = fields.Date(
        required=True,
        help="The last purchase before the risk or the loss: there is one per episode.",
    )
    date = fields.Date(
        string="Scheduled",
        required=True,
        index=True,
        help="Day on which the activity was created.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        ondelete="set null",
        index="btree_not_null",
        help="Who got the activity.",
    )
    activity_id = fields.Many2one(
        "mail.activity", ondelete="set null", index="btree_not_null"
    )
    tier_id = fields.Many2one(
        "crm.value.tier", ondelete="restrict", help="Tier when it was scheduled."
    )
    tier_color = fields.Integer(related="tier_id.color")
    clv_predictive = fields.Monetary(
        string="Predicted Lifetime Value", help="When it was scheduled."
    )
    outcome = fields.Selection(
        [
            ("open", "Open"),
            ("kept", "Kept"),
            ("won_back", "Won back"),
            ("left", "Left"),
            ("needless", "Had bought before"),
            ("contacted", "Contacted"),
            ("missed", "Missed"),
        ],
        required=True,
        default="open",
        index=True,
        help="Kept, Won back: a purchase since. Left: lost anyway, or churn "
        "was recorded. Had bought before: an earlier order was entered late.",
    )
    outcome_date = fields.Date(
        help="Day of the purchase, or day on which we stopped waiting for one."
    )
    churn_record_id = fields.Many2one(
        "crm.churn.record",
        index="btree_not_null",
        ondelete="set null",
        help="The record of the customer's loss that settled it.",
    )

    # A constraint, not an index: the merge of contacts looks for constraints.
    _episode_uniq = models.Constraint(
        "UNIQUE (company_id, partner_id, kind, episode)",
        "This customer already has such an activity in this episode.",
    )

    def action_open_partner(self):
        """Open the contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def _update_outcomes(self, company, today):
        """What became of open outreach: a purchase since, or none in time.

        :return: number of rows decided
        """
        self.flush_model()
        self.env["crm.value.profile"].flush_model()
        policy = self.env["crm.value.policy"]._get_for_company(company, today)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_value_outreach outreach
                   SET outcome = CASE
                           WHEN NOT result.bought THEN 'left'
                           WHEN result.last_purchase < outreach.date THEN 'needless'
                           WHEN outreach.kind = 'save' THEN 'kept'
                           ELSE 'won_back' END,
                       outcome_date = CASE WHEN result.bought THEN result.last_purchase
                                           ELSE %(today)s END,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM (SELECT waiting.id, profile.last_purchase, profile.lifecycle,
                               profile.last_purchase > waiting.episode AS bought
                          FROM crm_value_outreach waiting
                          JOIN crm_value_profile profile
                            ON profile.partner_id = waiting.partner_id
                           AND profile.company_id = waiting.company_id
                         WHERE waiting.company_id = %(company)s
                           AND waiting.outcome = 'open'
                           AND waiting.kind IN ('save', 'winback')) result
                 WHERE result.id = outreach.id
                   AND (result.bought
                        OR (outreach.kind = 'save' AND result.lifecycle = 'lost')
                        OR (outreach.kind = 'winback'
                            AND outreach.date + %(patience)s <= %(today)s))
                """,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=company.id,
                patience=policy.lost_days,
            )
        )
        decided = self.env.cr.rowcount
        self.invalidate_model()
        return decided
