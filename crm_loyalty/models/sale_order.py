from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.crm_value_tiering.context import OURS

from ..points import earn, net_base, to_points, to_units
from .loyalty_program import READERS

SHOWN_DAYS = 30


class SaleOrder(models.Model):
    """Orders redeem rewards through the ledger, and may give points.

    What Odoo's flows write to a card is left out while they run (``crm_loyalty_hold``).
    At their end the order says how many points its rewards take, and the ledger posts
    the difference to what it posted before.
    """

    _inherit = "sale.order"

    crm_loyalty_note = fields.Text(
        string="Loyalty",
        compute="_compute_crm_loyalty_note",
        compute_sudo=True,
        groups=READERS,
        help="Points of the customer, and of this order.",
    )

    # ------------------------------------------------------------ what is shown
    @api.depends(
        "partner_id", "order_line.price_total", "order_line.reward_id", "state"
    )
    @api.depends_context("lang")
    def _compute_crm_loyalty_note(self):
        for order in self:
            order.crm_loyalty_note = "\n".join(order._get_loyalty_sentences()) or False

    def _get_loyalty_sentences(self):
        """A sentence per program: what the customer has, gets, and loses when."""
        self.ensure_one()
        partner = self.partner_id.commercial_partner_id._origin
        if not partner or self.state == "cancel":
            return []
        sentences = []
        for program in self.env["loyalty.program"]._get_earning(self.company_id):
            member = self.env["crm.loyalty.member"]._find(program, partner)
            if member or program._is_running(self._get_loyalty_day()):
                sentences.append(self._get_loyalty_sentence(program, member, partner))
        return sentences

    def _get_loyalty_sentence(self, program, member, partner):
        nobody = self.env["crm.loyalty.member"].new({"program_id": program.id})
        format_points = (member or nobody)._format_points
        parts = []
        if member and member._has_begun():
            parts.append(
                self.env._(
                    "%(customer)s has %(points)s.",
                    customer=partner.display_name,
                    points=format_points(member.available),
                )
            )
        if self.state in ("draft", "sent") and program._is_running(
            self._get_loyalty_day()
        ):
            parts.append(
                self.env._(
                    "This order gives %s.",
                    format_points(self._get_loyalty_forecast(program, partner)),
                )
            )
        for day, points in member._get_expiring(SHOWN_DAYS).items() if member else ():
            parts.append(
                self.env._(
                    "%(points)s expire on %(day)s.",
                    points=format_points(points),
                    day=format_date(self.env, day),
                )
            )
        return " ".join(parts)

    def _get_loyalty_forecast(self, program, partner):
        """Hundredths of points that the order will give as it is now."""
        base = self._get_loyalty_base(self.order_line, program._get_terms())
        multiplier, _tier = program._get_multiplier(partner, self.company_id)
        return earn(base, multiplier=multiplier, **program._get_rate())

    # --------------------------------------------------------- Odoo's own flows
    def action_confirm(self):
        for order in self:
            order._fit_loyalty_cards()
        held = self.with_context(crm_loyalty_hold=OURS)
        result = super(SaleOrder, held).action_confirm()
        self._follow_loyalty()
        return result

    def _action_cancel(self):
        held = self.with_context(crm_loyalty_hold=OURS)
        result = super(SaleOrder, held)._action_cancel()
        self._follow_loyalty()
        return result

    def write(self, vals):
        result = super().write(vals)
        if {"state", "partner_id"} & set(vals):
            self.env["crm.loyalty.event"]._mark(
                self.filtered(lambda order: order.state in ("sale", "cancel"))
            )
        return result

    def _update_programs_and_rewards(self):
        self._fit_loyalty_cards()
        held = self.with_context(crm_loyalty_hold=OURS)
        result = super(SaleOrder, held)._update_programs_and_rewards()
        self._follow_loyalty()
        return result

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """In hundredths: Odoo rounds to the currency, which may have no decimals."""
        if not coupon.program_id.sudo().crm_ledger:
            return super()._get_real_points_for_coupon(coupon, post_confirm)
        self.ensure_one()
        points = coupon.sudo()._get_member().available
        if self.state != "sale":
            lines = self.order_line.filtered(lambda line: line.coupon_id == coupon)
            points -= sum(to_units(line.points_cost) for line in lines)
        return to_points(points)

    def _apply_program_reward(self, reward, coupon, **kwargs):
        """Refuse a stranger's card, another program's reward, and the same one twice."""
        programs = (reward.program_id | coupon.program_id).sudo()
        if any(programs.mapped("crm_ledger")):
            if len(programs) > 1 or not self._is_loyalty_card(coupon):
                return {
                    "error": self.env._(
                        "This reward is not one of the customer's own program."
                    )
                }
            lines = self.order_line - kwargs.get("old_lines", self.order_line.browse())
            if reward in lines.reward_id:
                return {"error": self.env._("This reward is on the order already.")}
        return super()._apply_program_reward(reward, coupon, **kwargs)

    def _is_loyalty_card(self, card):
        """Whether the card is that of the order's customer."""
        owner = card.sudo()._get_member().partner_id
        return bool(owner) and owner == self.partner_id.commercial_partner_id

    def _fit_loyalty_cards(self):
        """Let the order know the cards of its customer's company, and no other ones.

        Odoo looks for cards of the very contact of the order, and keeps a card whose
        owner is no longer the customer.
        """
        self.ensure_one()
        ledger = self.applied_coupon_ids._of_ledger()
        strange = ledger.filtered(lambda card: not self._is_loyalty_card(card))
        programs = self.env["loyalty.program"]._get_earning(self.company_id)
        members = self.env["crm.loyalty.member"].sudo()
        members = members.search(
            [
                ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                ("program_id", "in", programs.ids),
            ]
        )
        for member in members:
            today = member.company_id._get_value_today()
            if any(
                lot.available_from <= today if lot.is_pending else lot._is_lapsed(today)
                for lot in member.lot_ids
            ):
                member._lock()
        own = members.filtered("available").card_id
        fitting = self.applied_coupon_ids - strange | own.with_env(self.env)
        if fitting != self.applied_coupon_ids:
            self.applied_coupon_ids = fitting

    # ------------------------------------------------------------------ rewards
    def _follow_loyalty(self):
        """Post what the rewards of confirmed orders take, unless an outer flow will."""
        if self.env.context.get("crm_loyalty_hold") is OURS:
            return
        orders = self.filtered(lambda order: order.state in ("sale", "cancel"))
        orders.sudo()._sync_loyalty()
        self.env["crm.loyalty.event"]._mark(orders)

    def _sync_loyalty(self):
        """Let the ledger say what the orders say."""
        moves = self.env["crm.loyalty.move"]
        for order in self.filtered("id"):
            lines = order.order_line.filtered(lambda line: line._is_ledger_reward())
            posted = moves.search(
                [
                    ("order_id", "=", order.id),
                    ("kind", "in", ("redeem", "restore")),
                ]
            )
            for program in lines.coupon_id.program_id | posted.program_id:
                order._sync_program(
                    lines.filtered(lambda li, p=program: li.coupon_id.program_id == p),
                    posted.filtered(lambda move, p=program: move.program_id == p),
                )

    def _sync_program(self, lines, posted):
        """Redeem, or give back, the difference.

        :param lines: the reward lines of a program
        :param posted: its moves of this order
        """
        target = 0
        if self.state == "sale":
            target = sum(self._get_line_cost(line) for line in lines)
        change = target + sum(posted.mapped("points"))
        if not change:
            return
        vals = {
            "company_id": self.company_id.id,
            "order_id": self.id,
            "document": self.name,
        }
        if change > 0:
            for card in lines.coupon_id:
                if not self._is_loyalty_card(card):
                    raise UserError(
                        self.env._(
                            "A reward of %(order)s is paid with the points of another "
                            "customer. Remove it.",
                            order=self.name,
                        )
                    )
            member = lines.coupon_id[:1]._get_member()
            key = f"order:{self.id}:{len(posted)}"
            member._redeem(change, {**vals, "kind": "redeem", "key": key})
            return
        change = -change
        redeemed = posted.filtered(lambda move: move.kind == "redeem")
        for move in redeemed.sorted("id", reverse=True):
            back = min(change, sum(points for _lot, points in move._get_taken()))
            if back:
                key = f"order:{self.id}:{len(posted)}:{move.id}"
                member = move.member_id._get_current()
                member._restore(move, back, {**vals, "key": key})
                change -= back

    def _get_line_cost(self, line):
        """Points that a reward line takes, less what was credited of it."""
        cost = line._get_loyalty_cost()
        if not cost:
            return 0
        return cost - self.env["account.move"]._get_loyalty_returned(line, cost)

    # ------------------------------------------------------- as a source of points
    def _is_loyalty_document(self, earn_on):
        self.ensure_one()
        return earn_on == "order" and self.state == "sale"

    def _is_loyalty_live(self, earn_on):
        self.ensure_one()
        return self.state == "sale"

    def _get_loyalty_day(self):
        """The company's local day of the order."""
        self.ensure_one()
        return self.company_id._get_value_day(self.date_order or fields.Datetime.now())

    def _get_loyalty_twins_domain(self):
        """Documents that gave the points of this purchase already."""
        invoices = self.invoice_ids
        return Domain("res_model", "=", "account.move") & Domain(
            "res_id", "in", invoices.ids
        )

    def _get_loyalty_fingerprint(self):
        return "order"

    def _is_loyalty_changed(self, document, base):
        """More was ordered. Less counts as returned, once, see below."""
        return not document.fingerprint or base > document.base

    def _get_loyalty_parties(self, program):
        """Lines by the customer who gets their points."""
        self.ensure_one()
        partner = (
            self.partner_id
            if program.crm_beneficiary == "buyer"
            else self.partner_invoice_id
        )
        return {partner.commercial_partner_id: self.order_line} if partner else {}

    def _get_loyalty_base(self, lines, terms):
        """What counts of the lines, in units of the company's currency."""
        self.ensure_one()
        documents = self.env["crm.loyalty.document"].sudo()
        decimals = self.company_id.currency_id.decimal_places
        rate = Decimal(str(self.currency_rate or 1))
        counted = []
        for line in lines.filtered(lambda line: not line.display_type):
            amount = line.price_total if terms["taxed"] else line.price_subtotal
            units = to_units(Decimal(str(amount)) / rate, decimals)
            role = documents._get_role(
                terms, line.product_id, line, units, self.company_id
            )
            if role:
                counted.append((role, units))
        return net_base(counted)

    def _get_loyalty_refunded(self, document, lines, base):
        """How much of what was ordered is not had any more.

        Less was ordered later; or goods were credited, unless that only corrects an
        invoice over more than the order says now.
        """
        self.ensure_one()
        total = {"out_invoice": 0, "out_refund": 0}
        for move in self.invoice_ids.filtered(lambda move: move.state == "posted"):
            own = move.invoice_line_ids.filtered(
                lambda line: line.sale_line_ids & self.order_line
            )
            total[move.move_type] += move._get_loyalty_base(own, document.terms)
        corrected = max(total["out_invoice"] - base, 0)
        returned = max(total["out_refund"] - corrected, 0)
        return document.base - base + returned
