from odoo import api, models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Whoever was paid, or decided on pay, stays known."""
        return [
            *super()._get_naming_fields(),
            *(
                (f"crm.incentive.{name}", "user_id")
                for name in (
                    "assignment", "contest.result", "event.credit", "inquiry", "line",
                    "split", "statement",
                )
            ),
        ]  # fmt: skip
