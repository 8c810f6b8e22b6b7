from odoo import fields, models


class CrmIncentiveSimulationRow(models.Model):
    """What one person got, and would have got, by one rule for customers of one tier.

    Written by the simulation in SQL. Both figures are of the same period. Rules are told
    by their names: those of two versions are compared by them.
    """

    _name = "crm.incentive.simulation.row"
    _description = "Figures of a Simulation"
    _order = "simulation_id desc, user_id, id"
    _rec_name = "rule_name"
    _log_access = False

    simulation_id = fields.Many2one(
        "crm.incentive.simulation",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    period_id = fields.Many2one(
        "crm.incentive.period", required=True, readonly=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="set null"
    )
    tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        ondelete="set null",
        help="Of the customer, as the event says.",
    )
    rule_name = fields.Char(string="Rule", readonly=True)
    kind = fields.Selection(
        [("earning", "Earned"), ("clawback", "Taken Back")],
        required=True,
        readonly=True,
    )
    paid_amount = fields.Monetary(
        string="As It Was", readonly=True, help="What the period has for it."
    )
    simulated_amount = fields.Monetary(
        string="By the Version",
        readonly=True,
        help="What the simulated version would have paid.",
    )
    difference = fields.Monetary(readonly=True)

    def action_export_xlsx(self):
        """Download the selected rows, or all that the list shows."""
        return self.env["crm.value.export"]._request(self)

    def _get_export_columns(self, with_reasons=True):
        """Hook of the export: list of (header, kind, function of a row)."""
        return self.env["crm.value.export"]._get_columns(
            self,
            [
                "company_id", "period_id", "user_id", "team_id", "tier_id",
                "rule_name", "kind", "paid_amount", "simulated_amount", "difference",
            ],
        )  # fmt: skip
