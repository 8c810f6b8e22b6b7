from odoo import api, fields, models

SELLERS = "sales_team.group_sale_salesman"


class CrmLoyaltyReferralMixin(models.AbstractModel):
    """Where a salesperson enters who brought the customer, and reads what became of it."""

    _name = "crm.loyalty.referral.mixin"
    _description = "Brought by a Member"

    crm_referral_code = fields.Char(
        string="Referred with Code",
        compute="_compute_crm_referral_code",
        inverse="_inverse_crm_referral_code",
        groups=SELLERS,
        help="The code of the member who recommends us. Both get points after "
        "the first paid purchase, when the program says so.",
    )
    crm_referral_note = fields.Char(
        string="Referral",
        compute="_compute_crm_referral_note",
        groups=SELLERS,
    )

    def _get_referral_partner(self):
        """Hook: the customer, perhaps none."""
        return self.partner_id

    def _get_referral_company(self):
        """Hook: in whose programs the code is looked for."""
        return self.company_id or self.env.company

    @api.depends(lambda self: self._get_referral_depends())
    @api.depends_context("allowed_company_ids")
    def _compute_crm_referral_code(self):
        for record, referral in self._get_referrals():
            counts = referral and referral.state != "refused"
            record.crm_referral_code = counts and referral.referrer_id.referral_code

    @api.depends(lambda self: self._get_referral_depends())
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_crm_referral_note(self):
        for record, referral in self._get_referrals():
            record.crm_referral_note = referral and referral._get_note()

    def _get_referrals(self):
        """The referral that counts of each record's customer: list of tuples."""
        customers = self.env["res.partner"]
        companies = self.env["res.company"]
        for record in self:
            customers |= record._get_referral_partner()._origin
            companies |= record._get_referral_company()
        latest = self.env["crm.loyalty.referral"]._get_latest(customers, companies)
        return [
            (
                record,
                latest.get(record._get_referral_partner().commercial_partner_id.id)
                or False,
            )
            for record in self
        ]

    @api.model
    def _get_referral_depends(self):
        return ("partner_id",)

    def _inverse_crm_referral_code(self):
        referrals = self.env["crm.loyalty.referral"]
        for record in self:
            customer = record._get_referral_partner()
            if record.crm_referral_code and customer:
                referrals._enter(
                    customer, record.crm_referral_code, record._get_referral_company()
                )
