from odoo import api, fields, models

MANAGER_GROUP = "crm_value_tiering.group_value_manager"
# Who sees the figures of all salespeople, as their orders and leads.
ALL_GROUPS = ("sales_team.group_sale_salesman_all_leads", MANAGER_GROUP)


class ResUsers(models.Model):
    """Whose customers a user sees figures of, if not those of everybody."""

    _inherit = "res.users"

    # For record rules, which keep its result: see crm.team.member.
    value_salesperson_ids = fields.Many2many(
        "res.users",
        string="Salespeople Whose Figures They See",
        compute="_compute_value_salesperson_ids",
        compute_sudo=True,
        groups="base.group_system",
        help="The user, and the members of the sales teams they lead.",
    )

    def _compute_value_salesperson_ids(self):
        members = self.env["crm.team.member"].search(
            [("crm_team_id.user_id", "in", self.ids)]
        )
        for user in self:
            own = members.filtered(
                lambda one, user=user: one.crm_team_id.user_id == user
            )
            user.value_salesperson_ids = user._origin | own.user_id

    @api.model
    def _forget_value_salespeople(self):
        """Teams have another leader or other members: record rules are worked out anew."""
        self.invalidate_model(["value_salesperson_ids"])
        self.env.registry.clear_cache()

    def _sees_all_values(self):
        """Whether no figure is hidden because another salesperson's customer is meant."""
        self.ensure_one()
        return any(self.has_group(group) for group in ALL_GROUPS)
