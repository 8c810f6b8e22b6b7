from markupsafe import Markup

from odoo import api, models


class CrmValueProfile(models.Model):
    """While there is no customer at all, the list offers its managers the way out."""

    _inherit = "crm.value.profile"

    @api.model
    def get_empty_list_help(self, help_message):
        help_message = super().get_empty_list_help(help_message)
        if not self.env["crm.value.setup"].has_access("create"):
            return help_message
        own = [("company_id", "in", self.env.companies.ids)]
        if self.search_count(own, limit=1):
            return help_message
        return Markup(
            '%s<p><a type="action" class="btn btn-primary"'
            ' name="crm_value_tiering.crm_value_setup_action">%s</a></p>'
        ) % (Markup(help_message or ""), self.env._("Set Up Customer Value"))
