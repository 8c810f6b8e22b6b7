import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain

from ..context import OURS


class CrmValuePolicy(models.Model):
    """How a company measures the value of its customers; versioned by date."""

    _name = "crm.value.policy"
    _description = "Value Model"
    _inherit = ["crm.company.mixin", "crm.value.parameters", "crm.effective.mixin"]
    _order = "company_id, date_from desc, id desc"
    _of_main_company = True
    name = fields.Char(
        required=True,
        default=lambda self: self.env._("Value model"),
        help="Shown in the list of versions.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    tier_line_ids = fields.One2many(
        "crm.value.policy.tier",
        "policy_id",
        string="Tiers",
        copy=True,
        default=lambda self: self._default_tier_line_ids(),
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " daterange(date_from, date_to) WITH &&)",
        "Two value models of a company cannot be valid on one day: end the earlier one "
        "first.",
    )
    holdout_ids = fields.One2many("crm.value.holdout", "policy_id")
    accuracy_html = fields.Html(
        string="Accuracy",
        compute="_compute_accuracy_html",
        sanitize=False,
        help="What the last check of the forecast against the past found.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return (
            super(CrmValuePolicy, self._with_lines())
            .create(vals_list)
            .with_env(self.env)
        )

    def write(self, vals):
        return super(CrmValuePolicy, self._with_lines()).write(vals)

    def _with_lines(self):
        """Its lines are checked together, when all are written."""
        return self.with_context(crm_value_lines=OURS)

    @api.model
    def _get_for_company(self, company, date):
        """The version that is valid for ``company`` on ``date``.

        A date before the first version gets the first one: history from before the
        installation is measured with what the company chose since. A company without
        a model gets one with the defaults.
        """
        return self._find_for_company(company, date) or self._create_for_company(
            company
        )

    @api.model
    def _find_for_company(self, company, date):
        """As :meth:`_get_for_company`, but a company without a model gets none."""
        domain = Domain("company_id", "=", company._get_value_root().id)
        policy = self.search(domain & self._get_effective_domain(date), limit=1)
        return policy or self.search(domain, order="date_from, id", limit=1)

    def _filter_open(self):
        """Those that are valid today or will be."""
        return self.filtered(
            lambda policy: (
                not policy.date_to
                or policy.date_to > policy.company_id._get_value_today()
            )
        )

    @api.model
    def _show_for_company(self, company, date):
        """As :meth:`_get_for_company`, but a company without a model gets one with the
        defaults that is not stored: for whoever only looks."""
        found = self._find_for_company(company, date)
        if found:
            return found
        names = ["company_id", *self._get_parameter_fields(), "schedule"]
        return self.new({**self.default_get(names), "company_id": company.id})

    @api.model
    def _create_for_company(self, company):
        """The first version of a company, with the defaults.

        Two sessions may find none at once. The later one has to begin again, as after
        any other conflict: Odoo does that, with nothing for the user to see.
        """
        company = company._get_value_root()
        vals = {"company_id": company.id, "date_from": company._get_value_today()}
        try:
            with self.env.cr.savepoint():
                return self.create(vals)
        except psycopg2.errors.ExclusionViolation as error:
            raise ConcurrencyError(
                f"value model of company {company.id} created meanwhile"
            ) from error

    @api.depends("holdout_ids.figures")
    @api.depends_context("lang")
    def _compute_accuracy_html(self):
        for policy in self:
            policy.accuracy_html = policy.holdout_ids.sorted("id")[-1:].summary_html
