from odoo import fields, models


class CrmValuePresent(models.Model):
    """What the history said last of a profile that shows a past day.

    There are rows during a look at the past only: the computation that brings a company
    back to the present starts from them, as if nobody had looked.
    """

    _name = "crm.value.present"
    _description = "Profile before a Look at the Past"
    _log_access = False

    profile_id = fields.Many2one("crm.value.profile", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", index=True
    )
    figures = fields.Json(
        required=True,
        help='The columns that "_get_present_columns" of the engine names.',
    )

    _profile_uniq = models.UniqueIndex("(profile_id)")
