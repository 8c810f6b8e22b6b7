from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import date_utils, float_round

from odoo.addons.crm_value_tiering.models.res_users import MANAGER_GROUP

# Of what cannot be halved, such as customers, people get whole ones.
STEPS = {"count": 1, "points": 1}


class CrmMetricTarget(models.Model):
    """From the company's target to those of teams and people, and to what is done when
    one is missed."""

    _inherit = "crm.metric.target"  # pylint: disable=consider-merging-classes-inherited

    # ----------------------------------------------------------------- cascading
    def action_cascade(self):
        """A target for each team, or for each person of the team, to be adjusted.

        A rate or a stock is the same for each; a sum is divided into equal parts, which
        add up to the whole. Who has one for these months already is left out.
        """
        self.ensure_one()
        self.check_access("write")
        if self.user_id:
            raise UserError(self.env._("This is the target of one person already."))
        name, members = self._get_cascade_members()
        taken = self._get_narrower()[name]
        members -= taken
        if not members:
            raise UserError(
                self.env._(
                    "There is nobody left to set a target for: add teams, or members of "
                    "the team, first."
                )
            )
        created = self.create(
            [
                self._prepare_cascade_vals(name, member, part)
                for member, part in zip(
                    members, self._divide(len(members)), strict=True
                )
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Targets to Adjust"),
            "res_model": self._name,
            "domain": [("id", "in", created.ids)],
            "views": [(False, "list"), (False, "form")],
        }

    def _get_cascade_members(self):
        """Hook: the field that tells narrower targets apart, and the records."""
        self.ensure_one()
        if self.team_id:
            company = self.company_id
            users = self.team_id.sudo().member_ids
            return "user_id", users.filtered(
                lambda one: company in one.company_ids._get_value_root()
            ).sudo(False)
        domain = Domain("company_id", "=", False)
        domain |= Domain("company_id", "child_of", self.company_id.ids)
        teams = self.env["crm.team"].search(domain & Domain("member_ids", "!=", False))
        return "team_id", teams

    def _divide(self, count):
        """The target in equal parts; what does not divide goes to the first ones."""
        self.ensure_one()
        if self.metric_id.aggregation != "sum":
            return [self.target] * count
        step = STEPS.get(self.unit, 0.01)
        units = round(self.target / step)
        whole, rest = divmod(units, count)
        if not whole:
            raise UserError(
                self.env._("The target is too small to be divided among so many.")
            )
        return [
            float_round((whole + (place < rest)) * step, precision_digits=2)
            for place in range(count)
        ]

    def _prepare_cascade_vals(self, name, member, part):
        return {
            "metric_id": self.metric_id.id,
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "tier_id": self.tier_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "starts_plan": self.starts_plan,
            "target": part,
            name: member.id,
        }

    def _get_narrower(self):
        """Targets for the same metric and months of teams, people or tiers within."""
        self.ensure_one()
        domain = (
            Domain("id", "!=", self.id)
            & Domain("metric_id", "=", self.metric_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & (Domain("date_to", "=", False) | Domain("date_to", ">", self.date_from))
        )
        if self.date_to:
            domain &= Domain("date_from", "<", self.date_to)
        if self.team_id:
            of_team = Domain("team_id", "=", self.team_id.id)
            of_member = Domain("team_id", "=", False) & Domain(
                "user_id.sale_team_id", "=", self.team_id.id
            )
            domain &= of_team | of_member
        if self.user_id:
            domain &= Domain("user_id", "=", self.user_id.id)
        if self.tier_id:
            domain &= Domain("tier_id", "=", self.tier_id.id)
        more = {name for name in ("team_id", "user_id", "tier_id") if not self[name]}
        return self.search(domain).filtered(lambda one: any(one[name] for name in more))

    # ------------------------------------------------------------------ improving
    def _get_plan_owner(self):
        """Who answers for a missed target: the leader, the person, or who set it; at last
        a manager of the company."""
        self.ensure_one()
        target = self.sudo()
        candidates = (
            target.team_id.user_id
            | target.user_id.sale_team_id.user_id
            | target.user_id
            | target.create_uid
        )
        company = target.company_id
        managers = self.env.ref(MANAGER_GROUP).sudo().all_user_ids.sorted("id")
        return next(
            (
                user
                for user in candidates | managers
                if user.active
                and not user.share
                and company in user.company_ids._get_value_root()
            ),
            candidates.browse(),
        )

    def action_start_plan(self):
        """Begin an improvement plan now, for a target that was behind last month."""
        self.ensure_one()
        self.check_access("write")
        today = self.company_id._get_value_today()
        month = fields.Date.subtract(date_utils.start_of(today, "month"), months=1)
        plans = self.env["crm.metric.plan"]
        plan = plans._start(self, month) or plans.search(
            [("target_id", "=", self.id)], order="month desc", limit=1
        )
        if not plan:
            raise UserError(
                self.env._(
                    "The target was not behind when the last month was over: nothing "
                    "has to be improved yet."
                )
            )
        return self._open_plans(plan)

    def action_open_plans(self):
        """The plans that this target led to."""
        self.ensure_one()
        plans = self.env["crm.metric.plan"]
        return self._open_plans(plans.search([("target_id", "=", self.id)]))

    @api.model
    def _open_plans(self, plans):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_metric.crm_metric_plan_action"
        )
        action |= {"domain": [("id", "in", plans.ids)], "context": {"create": False}}
        if len(plans) == 1:
            action |= {"res_id": plans.id, "views": [(False, "form")]}
        return action
