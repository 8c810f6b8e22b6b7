from odoo import api, fields, models
from odoo.tools import SQL


class CrmIncentiveEventCredit(models.Model):
    """Who had a part in an event, as it was when it happened."""

    _name = "crm.incentive.event.credit"
    _inherit = "crm.guard.mixin"
    _description = "Part in an Event"
    _order = "event_id, id"
    _rec_name = "user_id"
    _log_access = False
    _guard_insert = False
    _guard_free = ()
    _guard_erasable = ("team_id",)

    event_id = fields.Many2one(
        "crm.incentive.event",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    team_id = fields.Many2one("crm.team", readonly=True, ondelete="set null")
    weight = fields.Float(
        required=True,
        readonly=True,
        digits=0,
        aggregator=None,
        help="The part is the weight by the weights of all.",
    )

    _person_once = models.Constraint(
        "UNIQUE(event_id, user_id)", "Each person has one part."
    )

    @api.model
    def _get_guard_sql(self, row):
        return SQL("TRUE")
