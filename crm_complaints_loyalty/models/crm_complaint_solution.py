from decimal import ROUND_CEILING, Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_loyalty.points import MAX_POINTS


class CrmComplaintSolution(models.Model):
    """Goodwill points: what was approved is their worth, what is given are points."""

    _inherit = "crm.complaint.solution"

    adjustment_id = fields.Many2one(
        "crm.loyalty.adjustment",
        string="Points Granted",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="crm_loyalty.group_loyalty_auditor",
    )

    @api.model
    def _get_kept(self, is_new):
        return super()._get_kept(is_new) | {"adjustment_id"}

    def _get_points_program(self):
        """The program that the customer gets points of, as superuser.

        The one whose points are worth something; where there are several, the one that
        the customer is a member of.

        :raise UserError: without one
        """
        self.ensure_one()
        programs = self.env["loyalty.program"]._get_earning(self.company_id)
        programs = programs.filtered(lambda one: one.active and one._get_point_value())
        members = self.env["crm.loyalty.member"].sudo()
        joined = programs.filtered(lambda one: members._find(one, self.partner_id))
        program = (joined or programs)[:1]
        if not program:
            raise UserError(
                self.env._(
                    "No loyalty program of %(company)s says what a point is worth. "
                    "Choose another solution, or ask a loyalty manager.",
                    company=self.company_id.sudo().name,
                )
            )
        return program

    def _get_goodwill(self, program):
        """As many whole points as are worth at least the amount."""
        points = Decimal(repr(self.amount)) / program._get_point_value()
        points = points.to_integral_value(rounding=ROUND_CEILING)
        if not 0 < points <= MAX_POINTS:
            raise UserError(
                self.env._("Say first what the points should be worth to the customer.")
            )
        return int(points)

    def _carry_out_points(self):
        """Grant the points; approved was the solution, by the rules of the team."""
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Say for whom the points are."))
        program = self._get_points_program()
        points = self._get_goodwill(program)
        member = self.env["crm.loyalty.member"].sudo()._join(program, self.partner_id)
        adjustment = self.env["crm.loyalty.adjustment"].sudo()
        adjustment = adjustment.create(
            {
                "member_id": member._get_current().id,
                "kind": "grant",
                "points": points,
                "reason": self.env._(
                    "Goodwill for request %s", self.complaint_id.reference
                ),
            }
        )
        adjustment._settle("posted")
        self.sudo().adjustment_id = adjustment
