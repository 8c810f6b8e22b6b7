from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import fields
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueMoves(ValueCommon):
    """The board of those who moved up or down."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()
        cls.rising, cls.falling = cls.customers[9], cls.customers[1]
        cls._buy(cls.rising, cls.as_of, 10000)
        cls._run()
        cls.action = cls.env.ref("crm_value_tiering.crm_value_moves_action")
        cls.changes = cls.env["crm.value.transition"].with_user(cls.seller)
        cls.moves = cls.changes.search(safe_eval(cls.action.domain)).sudo()

    def _filter(self, name, user=None):
        """Domain of a filter, as the client evaluates it."""
        user = user or self.seller
        view = self.env["crm.value.transition"].get_view(view_type="search")
        [node] = etree.fromstring(view["arch"]).xpath(f"//filter[@name='{name}']")
        return safe_eval(node.get("domain"), {"uid": user.id})

    def test_who_is_on_the_board(self):
        """Tiers that changed: no first tier, no stage, no merged contact's."""
        moved = {move.partner_id: move.direction for move in self.moves}
        self.assertEqual(moved[self.rising], "up")
        self.assertLessEqual(set(moved.values()), {"up", "down"})
        self.assertLess(len(moved), 10)
        self.moves[0].is_merged = True
        found = self.changes.search(safe_eval(self.action.domain))
        self.assertEqual(found.sudo(), self.moves[1:])

    def test_columns(self):
        """Up before down, also while nobody moved."""
        for domain, counts in (
            ([("id", "in", self.moves.ids)], None),
            ([("id", "=", 0)], [("up", 0), ("down", 0)]),
        ):
            groups = self.changes.with_context(read_group_expand=True).web_read_group(
                domain, ["direction"], ["__count"]
            )["groups"]
            found = [(group["direction"], group["__count"]) for group in groups]
            self.assertEqual([key for key, _count in found][:2], ["up", "down"])
            if counts is not None:
                self.assertEqual(found, counts)

    def test_card(self):
        """What a card shows, read as a seller."""
        move = self.moves.filtered(lambda m: m.partner_id == self.rising)
        move = move.with_user(self.seller)
        self.assertEqual(
            (move.from_tier_id, move.to_tier_id), (self.tier_low, self.tier_high)
        )
        self.assertEqual(move.to_tier_color, self.tier_high.color)
        self.assertEqual(move.revenue_year, 10190)
        self.assertEqual(move.currency_id, self.currency)
        self.assertEqual(move.action_open_partner()["res_id"], self.rising.id)

    def test_months(self):
        """The first and the last day of a month are in it."""
        first = fields.Date.today().replace(day=1)
        days = {
            "this_month": (first, first + relativedelta(months=1, days=-1)),
            "last_month": (first - relativedelta(months=1), first - timedelta(days=1)),
        }
        move = self.moves[0]
        for name, inside in days.items():
            domain = [*self._filter(name), ("id", "=", move.id)]
            outside = (inside[0] - timedelta(days=1), inside[1] + timedelta(days=1))
            for day in (*inside, *outside):
                with self.subTest(filter=name, day=day):
                    move.date = day
                    self.assertEqual(bool(self.changes.search(domain)), day in inside)

    def test_mine_and_my_teams(self):
        """A leader finds the moves of the team's customers, a stranger none."""
        self.rising.user_id = self.seller
        team = self.env["crm.team"].create(
            {
                "name": "Value Test Team",
                "user_id": self.manager.id,
                "company_id": self.company.id,
            }
        )
        self.env["crm.team.member"].create(
            {"crm_team_id": team.id, "user_id": self.seller.id}
        )
        other = self._create_user("value_other", "sales_team.group_sale_salesman")
        up = self.moves.filtered(lambda m: m.partner_id == self.rising)
        for user, mine, teams in (
            (self.seller, up, up),
            (self.manager, self.moves.browse(), up),
            (other, self.moves.browse(), self.moves.browse()),
        ):
            changes = self.env["crm.value.transition"].with_user(user)
            for name, expected in (("mine", mine), ("my_team", teams)):
                with self.subTest(user=user.login, filter=name):
                    domain = [*self._filter(name, user), ("id", "in", self.moves.ids)]
                    self.assertEqual(changes.search(domain).sudo(), expected)

    def test_views(self):
        """The menu opens the board first."""
        self.assertEqual(self.action.views[0][1], "kanban")
        view = self.changes.get_view(self.action.views[0][0], "kanban")
        self.assertIn('default_group_by="direction"', view["arch"])
        menu = self.env.ref("crm_value_tiering.menu_value_moves")
        self.assertEqual(menu.action, self.action)
