from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLoyaltyMultiplier(models.Model):
    """How many points customers of a value tier get."""

    _name = "crm.loyalty.multiplier"
    _description = "Points by Value Tier"
    _order = "program_id, id"

    program_id = fields.Many2one(
        "loyalty.program", required=True, index=True, ondelete="cascade"
    )
    tier_id = fields.Many2one("crm.value.tier", required=True, ondelete="cascade")
    percent = fields.Integer(
        string="Points (%)",
        required=True,
        default=100,
        help="100: as many as everybody. 150: one and a half times as many. 0: none.",
    )

    _tier_uniq = models.Constraint(
        "UNIQUE(program_id, tier_id)", "Each tier has one line."
    )

    @api.constrains("percent")
    def _check_percent(self):
        if any(not 0 <= line.percent <= 10_000 for line in self):
            raise ValidationError(
                self.env._("The points of a tier are between 0 % and 10,000 %.")
            )
