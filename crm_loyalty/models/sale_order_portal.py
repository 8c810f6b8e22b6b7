from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class SaleOrder(models.Model):
    """Rewards that the customer takes by themselves, on the quotation in the portal."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def _may_redeem_on_portal(self):
        """Whether the customer may still decide: as long as they may sign."""
        self.ensure_one()
        return (
            self.state == "sent"
            and not self.is_expired
            and not self.signature
            and not self.transaction_ids.filtered(
                lambda one: one.state in ("pending", "authorized", "done")
            )
        )

    def _get_portal_rewards(self):
        """Rewards of the customer's programs: list of dicts, [] when it is too late.

        As :meth:`crm.loyalty.member._get_portal_rewards`, with ``applied``: on the
        quotation already, and ``missing`` after what other rewards of it take.
        """
        self.ensure_one()
        order = self.sudo()
        if not order._may_redeem_on_portal():
            return []
        found = []
        for program in order.env["loyalty.program"]._get_earning(order.company_id):
            member = order.env["crm.loyalty.member"]._find(program, order.partner_id)
            for one in member._get_portal_rewards() if member else []:
                reward = one["reward"]
                applied = reward in order.order_line.reward_id
                points = order._get_real_points_for_coupon(member.card_id)
                enough = points >= reward.required_points
                # one of several products is chosen with the salesperson
                if not reward.multi_product and (applied or enough):
                    found.append({**one, "applied": applied})
        return found

    def _find_portal_reward(self, reward, applied):
        """:raise UserError: when the reward cannot be taken, or put back"""
        self.ensure_one()
        # Of two clicks at once the second is repeated, and finds what the first did:
        # reward lines alone are new rows, which do not conflict.
        self.env.cr.execute(
            SQL("UPDATE sale_order SET write_date = write_date WHERE id = %s", self.id)
        )
        rewards = [
            one["reward"]
            for one in self._get_portal_rewards()
            if one["applied"] == applied
        ]
        if not reward or reward not in rewards:
            raise UserError(
                self.env._(
                    "This reward is not there any more. Look at your points, please."
                )
            )

    def _apply_portal_reward(self, reward):
        """The customer takes a reward: its points are used when the order is confirmed.

        :raise UserError: in words for the customer
        """
        order = self.sudo()
        order._find_portal_reward(reward, applied=False)
        member = order.env["crm.loyalty.member"]._find(
            reward.program_id, order.partner_id
        )
        order._update_programs_and_rewards()
        claimable = order._get_claimable_rewards()
        if reward not in claimable.get(member.card_id, reward.browse()):
            raise UserError(
                self.env._(
                    "This reward is not there any more. Look at your points, please."
                )
            )
        error = order._apply_program_reward(reward, member.card_id).get("error")
        if error:
            raise UserError(error)
        order._update_programs_and_rewards()
        order._log_portal_reward(
            self.env._("The customer took a reward: %s", reward.description)
        )

    def _remove_portal_reward(self, reward):
        """The customer puts it back."""
        order = self.sudo()
        order._find_portal_reward(reward, applied=True)
        order.order_line.filtered(lambda line: line.reward_id == reward).unlink()
        order._update_programs_and_rewards()
        order._log_portal_reward(
            self.env._("The customer put a reward back: %s", reward.description)
        )

    def _log_portal_reward(self, text):
        self.message_post(body=text, subtype_xmlid="mail.mt_note")
