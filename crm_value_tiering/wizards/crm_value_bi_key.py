from datetime import datetime, time, timedelta
from uuid import uuid4

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.base.models.res_users import check_identity

BI_GROUP = "crm_value_tiering.group_value_bi"
MAX_KEY_DAYS = 366


class CrmValueBiKey(models.TransientModel):
    """An API key for a reporting tool, and the user it belongs to.

    The user has a single right, to read figures of customer value: it is neither an
    internal nor a portal user, has no password and cannot log in. Odoo's own dialogue
    gives keys to internal users only, who read contacts, products, users and a hundred
    other models.
    """

    _name = "crm.value.bi.key"
    _description = "API Key for a Reporting Tool"

    name = fields.Char(
        required=True,
        default=lambda self: self.env._("Reporting tool"),
        help="Name of the user that is created: which tool has the key.",
    )
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        required=True,
        default=lambda self: self.env.company,
        help="Whose figures the tool may read.",
    )
    expiration_date = fields.Date(
        required=True,
        default=lambda self: fields.Date.today() + timedelta(days=90),
        help="Last day of the key, a year from now at most. Create another one before.",
    )

    @check_identity
    def action_create(self):
        """Create user and key; the key is shown this once.

        :return: action that shows it
        """
        self.ensure_one()
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only administrators give reporting tools access.")
            )
        if self.expiration_date < fields.Date.today():
            raise UserError(self.env._("The last day cannot be in the past."))
        if self.expiration_date > fields.Date.today() + timedelta(days=MAX_KEY_DAYS):
            raise UserError(
                self.env._(
                    "A key is valid for %(days)s days at most: one that was forgotten "
                    "must not open the door for ever.",
                    days=MAX_KEY_DAYS,
                )
            )
        user = self._create_user()
        key = (
            self.env["res.users.apikeys"]
            .with_user(user)
            .sudo()
            ._generate(
                "rpc", self.name, datetime.combine(self.expiration_date, time.max)
            )
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("API Key Ready"),
            "res_model": "res.users.apikeys.show",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }

    def _create_user(self):
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": self.name,
                    "login": f"bi-{uuid4().hex}",
                    "group_ids": [Command.set(self.env.ref(BI_GROUP).ids)],
                    "company_id": self.company_ids[:1].id,
                    "company_ids": [Command.set(self.company_ids.ids)],
                }
            )
        )
