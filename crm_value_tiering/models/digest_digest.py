from odoo import fields, models

VALUE_GROUP = "crm_value_tiering.group_value_user"


class DigestDigest(models.Model):
    """Odoo leaves a figure out of the e-mail of users who may not read it."""

    _inherit = "digest.digest"

    kpi_value_new_customers = fields.Boolean("New Customers")
    kpi_value_new_customers_value = fields.Integer(
        compute="_compute_kpi_value_new_customers_value", groups=VALUE_GROUP
    )
    kpi_value_moved_up = fields.Boolean("Customers Moved Up a Tier")
    kpi_value_moved_up_value = fields.Integer(
        compute="_compute_kpi_value_moved_up_value", groups=VALUE_GROUP
    )
    kpi_value_moved_down = fields.Boolean("Customers Moved Down a Tier")
    kpi_value_moved_down_value = fields.Integer(
        compute="_compute_kpi_value_moved_down_value", groups=VALUE_GROUP
    )

    def _compute_kpi_value_new_customers_value(self):
        """Customers whose first purchase of all is in the digest's period."""
        self._calculate_company_based_kpi(
            "crm.value.profile",
            "kpi_value_new_customers_value",
            date_field="first_purchase",
        )

    def _compute_kpi_value_moved_up_value(self):
        self._compute_value_moves("kpi_value_moved_up_value", ["up"])

    def _compute_kpi_value_moved_down_value(self):
        self._compute_value_moves("kpi_value_moved_down_value", ["down", "none"])

    def _compute_value_moves(self, name, directions):
        """Customers who changed tier; not what a merged contact did before."""
        self._calculate_company_based_kpi(
            "crm.value.transition",
            name,
            date_field="date",
            additional_domain=[
                ("direction", "in", directions),
                ("is_merged", "=", False),
            ],
        )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("crm.crm_menu_root").id
        changes = f"crm_value_tiering.crm_value_transition_action?menu_id={menu}"
        return actions | {
            "kpi_value_new_customers": (
                f"crm_value_tiering.crm_value_profile_action?menu_id={menu}"
            ),
            "kpi_value_moved_up": changes,
            "kpi_value_moved_down": changes,
        }
