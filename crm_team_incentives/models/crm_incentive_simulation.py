from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from odoo.addons.crm_value_tiering.context import OURS

from .crm_incentive_version import MANAGER_GROUP

# Years of months are compared at once, no more.
MAX_PERIODS = 60
# What was chosen, and what the computation found.
CHOSEN = {"version_id", "period_from_id", "period_to_id", "user_ids"}
FOUND = {"state", "computed_at", "computed_by_id", "fingerprint", "findings", "row_ids"}
# So many of a kind are named in the summary; the list has them all.
SHOWN = 15


class CrmIncentiveSimulation(models.Model):
    """What a version would have paid in past periods, compared with what was paid.

    The same computation as that of the periods, fed with the same events in the same
    order, see ``crm_incentive_simulation_run.py``. It writes its own figures and nothing
    else: no line, no period, nothing that a payee sees. A simulation of the version that
    was paid gives what was paid, to the cent.
    """

    _name = "crm.incentive.simulation"
    _inherit = ["crm.line.mixin", "crm.explanation.mixin"]
    _description = "Simulation of a Plan"
    _order = "id desc"
    _line_of = "version_id"

    version_id = fields.Many2one(
        "crm.incentive.version", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="version_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    period_from_id = fields.Many2one(
        "crm.incentive.period",
        string="From",
        required=True,
        ondelete="cascade",
        domain="[('company_id', '=', company_id), ('state', '!=', 'open')]",
        help="First period to compare. Only periods that were computed can be compared.",
    )
    period_to_id = fields.Many2one(
        "crm.incentive.period",
        string="To",
        required=True,
        ondelete="cascade",
        domain="[('company_id', '=', company_id), ('state', '!=', 'open')]",
        help="Last period to compare.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain=[("share", "=", False)],
        help="Who would have been paid by the version, all the time. Empty: those who "
        "were assigned to its plan, while they were.",
    )
    state = fields.Selection(
        [("draft", "To Compute"), ("done", "Computed")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    computed_at = fields.Datetime(string="Computed on", readonly=True, copy=False)
    computed_by_id = fields.Many2one(
        "res.users", string="Computed by", readonly=True, copy=False
    )
    fingerprint = fields.Char(
        readonly=True, copy=False, help="Of the terms that were simulated."
    )
    is_outdated = fields.Boolean(
        compute="_compute_is_outdated",
        help="The version says something else by now.",
    )
    findings = fields.Json(
        readonly=True, copy=False, help="What the figures rest on, counted."
    )
    row_ids = fields.One2many("crm.incentive.simulation.row", "simulation_id")
    paid_amount = fields.Monetary(
        string="As It Was",
        compute="_compute_amounts",
        help="What the periods paid these people, without what was decided by hand.",
    )
    simulated_amount = fields.Monetary(
        string="By the Version",
        compute="_compute_amounts",
        help="What the version would have paid for the same.",
    )
    difference = fields.Monetary(compute="_compute_amounts")

    @api.depends("version_id", "period_from_id", "period_to_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for one in self:
            one.display_name = " – ".join(
                name
                for name in (
                    one.version_id.display_name,
                    one.period_from_id.display_name,
                    one.period_to_id.display_name,
                )
                if name
            )

    @api.depends("state", "fingerprint", "version_id.rule_ids.sentence")
    def _compute_is_outdated(self):
        for one in self:
            one.is_outdated = one.state == "done" and (
                one.fingerprint != one.version_id._get_fingerprint()
            )

    @api.depends("row_ids.paid_amount", "row_ids.simulated_amount")
    def _compute_amounts(self):
        totals = {
            one: amounts
            for one, *amounts in self.env["crm.incentive.simulation.row"]._read_group(
                [("simulation_id", "in", self.ids)],
                ["simulation_id"],
                ["paid_amount:sum", "simulated_amount:sum"],
            )
        }
        for one in self:
            paid, simulated = totals.get(one._origin, (0, 0))
            one.paid_amount = paid
            one.simulated_amount = simulated
            one.difference = simulated - paid

    @api.constrains("version_id", "period_from_id", "period_to_id")
    def _check_periods(self):
        for one in self:
            ends = one.period_from_id + one.period_to_id
            if ends.company_id != one.company_id:
                raise ValidationError(
                    self.env._("The periods must be of the plan's company.")
                )
            if one.period_from_id.date_from > one.period_to_id.date_from:
                raise ValidationError(
                    self.env._("The first period must not come after the last one.")
                )

    # --------------------------------------------------------------------- CRUD
    @api.model
    def default_get(self, fields):
        """The computed periods of the last twelve months, where nothing is chosen."""
        vals = super().default_get(fields)
        version = self.env["crm.incentive.version"].browse(vals.get("version_id"))
        if version and not {"period_from_id", "period_to_id"} & set(vals):
            periods = self._get_computed(version.company_id)[-12:]
            vals["period_from_id"] = periods[:1].id
            vals["period_to_id"] = periods[-1:].id
        return vals

    @api.model
    def _get_computed(self, company):
        """The company's periods that have figures, the first one first."""
        return self.env["crm.incentive.period"].search(
            [("company_id", "=", company.id), ("state", "!=", "open")],
            order="date_from",
        )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        self._check_chosen(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """The figures are those of what was chosen: another choice, other figures."""
        self.check_access("write")
        if self.env.context.get("incentive_decision") is not OURS:
            self._check_chosen([vals])
        result = super().write(vals)
        if CHOSEN & set(vals):
            self._forget()
        return result

    @api.model
    def _check_chosen(self, vals_list):
        """Figures are computed, by nobody's word."""
        for vals in vals_list:
            if any(vals.get(name, "draft") != "draft" for name in FOUND & set(vals)):
                raise UserError(self.env._("The figures of a simulation are computed."))

    def _forget(self):
        """Without figures, until they are computed again."""
        self.sudo().row_ids.unlink()
        self._write_result({"state": "draft", "findings": False, "fingerprint": False})

    def _write_result(self, vals):
        self.sudo().with_context(incentive_decision=OURS).write(vals)

    # ------------------------------------------------------------------ actions
    def action_compute(self):
        """Compute with the version; nobody's pay is touched."""
        self.check_access("write")
        self.env["crm.incentive.version"]._check_group(MANAGER_GROUP)
        self.version_id.check_access("read")
        for one in self:
            one.lock_for_update()
            if not one.version_id.rule_ids:
                raise UserError(self.env._("The version has no rule yet."))
            one._compute_rows()

    def action_open_rows(self):
        """Open all figures: by person, team, rule, tier and period."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_team_incentives.crm_incentive_simulation_row_action"
        )
        return action | {"domain": [("simulation_id", "=", self.id)]}

    def action_export_xlsx(self):
        """The figures as an Excel file."""
        self.ensure_one()
        return self.env["crm.value.export"]._request(self.row_ids)

    # ------------------------------------------------------------------ look-ups
    def _get_periods(self):
        """The periods that are compared, the first one first.

        :raise UserError: when there is nothing to compare
        """
        self.ensure_one()
        periods = self._get_computed(self.company_id).filtered(
            lambda period: (
                self.period_from_id.date_from
                <= period.date_from
                <= self.period_to_id.date_from
            )
        )
        if not periods:
            raise UserError(
                self.env._(
                    "None of these periods is computed yet: there is nothing to "
                    "compare with."
                )
            )
        if len(periods) > MAX_PERIODS:
            raise UserError(self.env._("Choose %s periods or fewer.", MAX_PERIODS))
        return periods

    # --------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        if self.state != "done":
            return why
        one = self.sudo()
        if not one.row_ids:
            why["summary"].append(
                self.env._(
                    "Nothing was paid in these periods, and the version would have paid "
                    "nothing."
                )
            )
        else:
            why["summary"] += one._get_summary()
            why["tables"] += one._get_tables()
        why["notes"] += one._get_limits_of_knowledge()
        return why

    def _get_summary(self):
        people = self._get_people_differences()
        gain = sum(1 for _user, _paid, _new, diff in people if diff > 0)
        lose = sum(1 for _user, _paid, _new, diff in people if diff < 0)
        money = self._format_money
        return [
            self.env._(
                "The version would have paid %(new)s instead of %(paid)s: %(change)s.",
                new=money(self.simulated_amount),
                paid=money(self.paid_amount),
                change=self._say_change(self.paid_amount, self.simulated_amount),
            ),
            self.env._(
                "People who would have got more: %(gain)s, less: %(lose)s, the same: "
                "%(same)s.",
                gain=gain,
                lose=lose,
                same=len(people) - gain - lose,
            ),
        ]

    def _say_change(self, paid, simulated):
        """A difference with its sign, and its share of what was."""
        difference = self.currency_id.round(simulated - paid)
        text = f"{'+' if difference > 0 else ''}{self._format_money(difference)}"
        if not paid:
            return text
        share = formatLang(self.env, 100 * difference / abs(paid), digits=1)
        return f"{text} ({'+' if difference > 0 else ''}{share} %)"

    def _get_sums(self, name):
        """Figures by a field of the rows: tuples of value, paid, simulated."""
        return self.env["crm.incentive.simulation.row"].sudo()._read_group(
            [("simulation_id", "=", self.id)],
            [name],
            ["paid_amount:sum", "simulated_amount:sum"],
        )  # fmt: skip

    def _get_people_differences(self):
        """Tuples of person, paid, simulated, difference: the most gained comes first."""
        rows = [
            (user, paid, new, self.currency_id.round(new - paid))
            for user, paid, new in self._get_sums("user_id")
        ]
        return sorted(rows, key=lambda row: (-row[3], row[0].id))

    def _get_tables(self):
        people = self._get_people_differences()
        tables = [self._get_budget_table()]
        tables.append(
            self._prepare_comparison(
                self.env._("By person, who gains most first"),
                self.env._("Person"),
                [(user.name, paid, new) for user, paid, new, _diff in people],
                both_ends=True,
            )
        )
        nobody = self.env._("None")
        for name, title, label in (
            ("team_id", self.env._("By team"), self.env._("Sales Team")),
            ("rule_name", self.env._("By rule"), self.env._("Rule")),
            ("tier_id", self.env._("By tier of the customer"), self.env._("Tier")),
        ):
            groups = [
                (
                    (value.display_name if name != "rule_name" else value) or nobody,
                    paid,
                    new,
                )
                for value, paid, new in self._get_sums(name)
            ]
            groups.sort(key=lambda row: (-abs(row[2] - row[1]), row[0]))
            tables.append(self._prepare_comparison(title, label, groups))
        return tables

    def _prepare_comparison(self, title, label, groups, both_ends=False):
        """A table of what was and what would be; its rows add up to the total.

        :param groups: tuples of name, paid, simulated
        :param both_ends: of too many, the first and the last ones are named
        """
        shown, rest = groups, []
        if len(groups) > 2 * SHOWN:
            cut = SHOWN if both_ends else 2 * SHOWN
            tail = groups[-SHOWN:] if both_ends else []
            shown, rest = groups[:cut], groups[cut : len(groups) - len(tail)]
            others = (
                self.env._("Others: %s", len(rest)),
                sum(paid for _name, paid, _new in rest),
                sum(new for _name, _paid, new in rest),
            )
            shown = [*shown, others, *tail]
        return self._prepare_table(
            self._get_comparison_columns(label),
            [self._prepare_row(*group) for group in shown],
            total=self._prepare_row(
                self.env._("Total"), self.paid_amount, self.simulated_amount
            ),
            title=title,
        )

    def _get_comparison_columns(self, label):
        return [
            ("name", label),
            ("paid", self.env._("As It Was"), "end"),
            ("new", self.env._("By the Version"), "end"),
            ("change", self.env._("Difference"), "end"),
        ]

    def _prepare_row(self, name, paid, simulated):
        return {
            "name": name,
            "paid": self._format_money(paid),
            "new": self._format_money(simulated),
            "change": self._say_change(paid, simulated),
        }

    def _get_budget_table(self):
        """What finance asks: what is owed by now, and what a year of it costs."""
        by_state = {"paid": [0, 0], "approved": [0, 0], "other": [0, 0]}
        groups = self._get_sums("period_id")
        for period, paid, new in groups:
            state = period.state if period.state in by_state else "other"
            by_state[state][0] += paid
            by_state[state][1] += new
        labels = {
            "paid": self.env._("In periods that are paid"),
            "approved": self.env._("Approved, not paid"),
            "other": self.env._("Not approved yet: an estimate"),
        }
        rows = [
            self._prepare_row(labels[state], *amounts)
            for state, amounts in by_state.items()
            if any(amounts)
        ]
        periods = self._get_periods()
        days = (periods[-1].date_to - periods[0].date_from).days
        year = [
            self.currency_id.round(amount * 365 / days)
            for amount in (self.paid_amount, self.simulated_amount)
        ]
        return self._prepare_table(
            self._get_comparison_columns(self.env._("Cost")),
            rows,
            total=self._prepare_row(
                self.env._("Total"), self.paid_amount, self.simulated_amount
            ),
            title=self.env._("For the budget"),
            note=self.env._(
                "A year at this rate: %(paid)s as it was, %(new)s by the version.",
                paid=self._format_money(year[0]),
                new=self._format_money(year[1]),
            ),
        )

    def _get_limits_of_knowledge(self):
        """What the figures cannot say, in words; nothing is guessed silently."""
        found = self.findings or {}
        notes = [
            self.env._(
                "A simulation cannot know what people would have done: who is paid for "
                "something else sells something else. It says what the same documents "
                "would have paid."
            )
        ]
        texts = {
            "no_tier": self.env._(
                "Documents of customers without a tier on the day: %s. They count as the "
                "reference tier, and for no rule of certain tiers."
            ),
            "found_late": self.env._(
                "Documents noted after their day: %s. Their customer's tier is that of "
                "when they were noted."
            ),
            "no_value": self.env._(
                "Documents without a lifetime value of their day: %s. They count on the "
                "first step; where the steps rise, the version would pay as much or more."
            ),
            "no_orders": self.env._(
                "Documents without a number of orders of their day: %s. They count as "
                "they are, with a factor of 100 %%."
            ),
            "late": self.env._(
                "Documents that belong to periods before the first one: %s. The steps of "
                "those begin without what was sold then."
            ),
            "not_covered": self.env._(
                "Documents of people whom nobody assigned to the plan: %s. They are in "
                "neither figure."
            ),
        }
        notes += [text % found[key] for key, text in texts.items() if found.get(key)]
        if found.get("by_hand"):
            notes.append(
                self.env._(
                    "Decided on inquiries, by hand: %s. It is in neither figure.",
                    self._format_money(float(found["by_hand"])),
                )
            )
        return notes
