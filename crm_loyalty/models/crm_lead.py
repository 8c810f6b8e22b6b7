from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_loyalty_referral_mixin import SELLERS


class CrmLead(models.Model):
    """A lead may know its code before it knows its customer."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.loyalty.referral.mixin"]

    crm_referral_code = fields.Char(
        compute=None,
        inverse=None,
        store=True,
        readonly=False,
        copy=False,
        groups=SELLERS,
    )

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        if any(vals.get("crm_referral_code") for vals in vals_list):
            leads._check_referral_code()
            leads._follow_referral()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if vals.get("crm_referral_code"):
            self._check_referral_code()
        if vals.get("crm_referral_code") or vals.get("partner_id"):
            self._follow_referral()
        return result

    def _check_referral_code(self):
        """:raise ValidationError: when nobody has the code"""
        referrals = self.env["crm.loyalty.referral"]
        for lead in self.sudo().filtered("crm_referral_code"):
            company = lead._get_referral_company()
            if not referrals._find_code(lead.crm_referral_code, company):
                raise ValidationError(
                    self.env._(
                        "Nobody has the code “%s”. Copy it from the member page of the "
                        "customer who recommends you.",
                        lead.crm_referral_code[:64],
                    )
                )

    def _follow_referral(self):
        """Once the customer is known, the referral is kept."""
        referrals = self.env["crm.loyalty.referral"]
        for lead in self.sudo():
            if not (lead.crm_referral_code and lead.partner_id):
                continue
            company = lead._get_referral_company()
            member = referrals._find_code(lead.crm_referral_code, company)
            if member:
                referrals._refer(member, lead.partner_id)
