from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT

from .crm_complaint import MANAGER_GROUP


class CrmComplaintApproval(models.Model):
    """What somebody decided on a solution, and on which terms: kept for good.

    Made by the buttons of the solution. It ends, and stays, when the terms change.
    """

    _name = "crm.complaint.approval"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.erasable.mixin",
        "crm.guard.mixin",
    ]
    _description = "Decision on a Solution"
    _order = "id desc"
    _rec_name = "solution_id"
    _erasable_texts = ("void_reason",)
    _erasing_group = MANAGER_GROUP
    # A merge of contacts moves the beneficiary; an erasure empties the reason.
    _guard_free = ("write_uid", "write_date", "partner_id", "void_reason")
    _guard_fillable = ("void_date",)
    _guard_insert = False

    company_id = fields.Many2one(readonly=True)
    solution_id = fields.Many2one(
        "crm.complaint.solution",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    decision = fields.Selection(
        [("approved", "Approved"), ("refused", "Refused")],
        required=True,
        readonly=True,
    )
    remedy_id = fields.Many2one(
        "crm.complaint.remedy",
        string="Kind",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Cost", required=True, readonly=True, limits=(0, MAX_AMOUNT)
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="For",
        readonly=True,
        index="btree_not_null",
        help="Who was to get it.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Decided By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    decided_at = fields.Datetime(string="Decided", required=True, readonly=True)
    void_date = fields.Datetime(
        string="Void Since",
        readonly=True,
        help="The terms were changed: the decision does not hold any more.",
    )
    void_reason = fields.Char(string="Why Void", readonly=True)

    @api.model
    def _get_guard_sql(self, row):
        return SQL("TRUE")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was decided stays."))

    def _void(self, reason):
        """The terms are others now."""
        self.filtered(lambda one: not one.void_date).write(
            {"void_date": fields.Datetime.now(), "void_reason": reason}
        )
