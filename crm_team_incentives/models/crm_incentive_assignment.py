from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .crm_incentive_version import MANAGER_GROUP

# So many days after its first day an assignment still needs no reason.
GRACE_DAYS = 31


class CrmIncentiveAssignment(models.Model):
    """Who is paid by which plan, and from when to when."""

    _name = "crm.incentive.assignment"
    _inherit = ["crm.company.mixin", "crm.effective.mixin", "crm.erasable.mixin"]
    _description = "Incentive Assignment"
    _order = "date_from desc, id"
    _rec_name = "user_id"
    _erasable_texts = ("reason",)
    _erasing_group = MANAGER_GROUP

    plan_id = fields.Many2one(
        "crm.incentive.plan",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        index=True,
        domain=[("share", "=", False)],
        ondelete="restrict",
    )
    reason = fields.Char(
        help="Needed when the assignment is made more than a month after it begins."
    )

    _one_plan = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " int4range(user_id, user_id, '[]') WITH &&,"
        " daterange(date_from, date_to) WITH &&)",
        "A person has one plan at a time: end the other assignment first.",
    )
    _dates = models.Constraint(
        "CHECK (date_to > date_from)", "The assignment would end before it begins."
    )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for one in self:
            if one.user_id.share or one.company_id not in one.user_id.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s.",
                        user=one.user_id.name,
                        company=one.company_id.name,
                    )
                )

    @api.constrains("date_from", "reason")
    def _check_told_in_time(self):
        for one in self:
            late = fields.Date.add(one.date_from, days=GRACE_DAYS)
            if not one.reason and late < one.company_id._get_value_today():
                raise ValidationError(
                    self.env._(
                        "The assignment begins more than %(days)s days in the past. "
                        "Say why in “Reason”: people must know in time what they "
                        "are paid for.",
                        days=GRACE_DAYS,
                    )
                )

    @api.constrains("date_from")
    def _check_closed_periods(self):
        """Nobody's pay of an approved month changes through the back door."""
        for one in self:
            closed = self.env["crm.incentive.period"]._get_closed_until(one.company_id)
            if closed and one.date_from < closed:
                raise ValidationError(
                    self.env._(
                        "Periods are approved up to %(date)s: choose a later first day.",
                        date=format_date(self.env, closed),
                    )
                )

    def write(self, vals):
        """What an approved period was computed with stays; it can be ended."""
        self.check_access("write")
        if set(vals) - {"date_to", "reason"} and any(
            one.date_from < closed
            for one in self
            if (
                closed := self.env["crm.incentive.period"]._get_closed_until(
                    one.company_id
                )
            )
        ):
            raise UserError(
                self.env._(
                    "People were paid by this assignment. End it, and make another one."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        for one in self:
            closed = self.env["crm.incentive.period"]._get_closed_until(one.company_id)
            if closed and one.date_from < closed:
                raise UserError(
                    self.env._(
                        "People were paid by this assignment. End it instead: fill in "
                        "“Valid Until”."
                    )
                )
