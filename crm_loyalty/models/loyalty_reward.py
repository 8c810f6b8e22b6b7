from odoo import models


class LoyaltyReward(models.Model):
    _inherit = "loyalty.reward"

    def _create_missing_discount_line_products(self):
        """A reward's product is technical: whoever may create the reward needs no right
        to create products."""
        ledger = self.filtered(lambda reward: reward.program_id.sudo().crm_ledger)
        super(LoyaltyReward, ledger.sudo())._create_missing_discount_line_products()
        return super(
            LoyaltyReward, self - ledger
        )._create_missing_discount_line_products()
