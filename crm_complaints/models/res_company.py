from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

# The documents' examples: hours by tier. Configuration from then on.
DEFAULT_LEVELS = (
    # tier, first response and resolution in working hours
    ("high", 1, 16),
    ("mid", 4, 40),
    (None, 8, 80),
)


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._create_complaint_defaults()
        return companies

    def unlink(self):
        """Mail addresses and numbers go too: the database does not know whose they are.

        An address without its team would stop whoever sets up a mail domain.
        """
        own = [("company_id", "in", self.ids)]
        teams = self.env["crm.complaint.team"].sudo().with_context(active_test=False)
        aliases = teams.search(own).alias_id
        sequences = self.env["ir.sequence"].sudo().with_context(active_test=False)
        sequences = sequences.search([*own, ("code", "=", "crm.complaint")])
        result = super().unlink()
        aliases.exists().unlink()
        sequences.exists().unlink()
        return result

    @api.model
    def _create_all_complaint_defaults(self):
        """For the companies that are there when the module comes."""
        companies = self.search([])  # pylint: disable=no-search-all
        companies._create_complaint_defaults()

    def _create_complaint_defaults(self):
        """A team, numbers and service levels for each company that has none."""
        teams = self.env["crm.complaint.team"].search([("company_id", "in", self.ids)])
        for company in self - teams.company_id:
            self.env["ir.sequence"].create(
                {
                    "name": self.env._("Requests of %(company)s", company=company.name),
                    "code": "crm.complaint",
                    "company_id": company.id,
                    "prefix": "CR",
                    "padding": 5,
                }
            )
            self.env["crm.complaint.team"].create(
                {"name": self.env._("Customer Service"), "company_id": company.id}
            )
            if company.resource_calendar_id.attendance_ids:
                company._create_complaint_policies()

    def _create_complaint_policies(self):
        """First response and resolution by tier; acknowledgement within a day."""
        self.ensure_one()
        tiers = {
            code: self.env.ref(f"crm_value_tiering.crm_value_tier_{code}", False)
            for code in ("high", "mid")
        }
        self.env["crm.complaint.sla.policy"].create(
            [
                {
                    "name": self.env._("%(tier)s customers", tier=tiers[code].name)
                    if code
                    else self.env._("All customers"),
                    "company_id": self.id,
                    "sequence": 10 * place,
                    "calendar_id": self.resource_calendar_id.id,
                    "tier_ids": [Command.set(tiers[code].ids if code else [])],
                    "type": False,
                    "target_ids": [
                        Command.create(
                            {"kind": "acknowledge", "amount": 24, "clock": "elapsed"}
                        ),
                        Command.create({"kind": "first_response", "amount": first}),
                        Command.create({"kind": "resolution", "amount": resolution}),
                    ],
                }
                for place, (code, first, resolution) in enumerate(DEFAULT_LEVELS, 1)
                if not code or tiers[code]
            ]
        )

    def _get_complaint_numbers(self, count):
        """The next numbers of requests of the company, in one query however many."""
        self.ensure_one()
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "crm.complaint"), ("company_id", "=", self.id)], limit=1
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequence._next() for _number in range(count)]
        numbers = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(number) for (number,) in numbers]
