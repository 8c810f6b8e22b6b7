"""What must hold for any book of orders whatever (hypothesis)."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import models
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

AS_OF = date(2026, 6, 30)
PURCHASE = st.tuples(
    st.integers(0, 800),  # days ago
    st.one_of(
        st.just(0), st.integers(-20_000, 200_000), st.sampled_from([1000, 5000])
    ),  # cents
)
HISTORY = st.lists(PURCHASE, min_size=1, max_size=6)
BOOK = st.lists(HISTORY, min_size=1, max_size=40)
PROPERTY = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking takes minutes here; the example is printed
    suppress_health_check=list(HealthCheck),
)
MEASURES = {
    "score_recency": "last_purchase",
    "score_frequency": "window_purchases",
    "score_monetary": "revenue_window",
    "score_variety": "product_count",
}
WEIGHTS = (30, 30, 30, 10)  # of a new value model


@tagged("standard", "post_install", "-at_install")
class TestValueProperties(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Properties"})
        cls.company.partner_id.tz = "UTC"
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(40)]
        )
        product = cls.env["product.product"].create(
            {"name": "Thing", "type": "service"}
        )
        cls.prototype = cls.env["sale.order"].create(
            {
                "partner_id": cls.customers[0].id,
                "company_id": cls.company.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        cls.env.flush_all()
        cls.model = cls.env["crm.value.policy"]._get_for_company(cls.company, AS_OF)
        cls.model.write(
            {"date_from": date(2000, 1, 1), "min_customers": 2, "min_repeaters": 10}
        )

    def _book(self, histories):
        """Copies of a real order, one per purchase, in one statement."""
        rows = [
            (
                partner.id,
                datetime.combine(AS_OF - timedelta(days=ago), time(12)),
                cents / 100,
            )
            for partner, history in zip(self.customers, histories, strict=False)
            for ago, cents in history
        ]
        columns = [
            name
            for name, field in self.env["sale.order"]._fields.items()
            if field.store
            and field.column_type
            and name
            not in ("id", "partner_id", "date_order", "amount_untaxed", "state")
        ]
        names = SQL(", ").join(map(SQL.identifier, columns))
        self.env.cr.execute(
            SQL(
                "INSERT INTO sale_order (%s, partner_id, date_order, amount_untaxed,"
                " state) SELECT %s, row.partner, row.at, row.amount, 'sale'"
                " FROM sale_order, unnest(%s::int[], %s::timestamp[], %s::numeric[])"
                " row (partner, at, amount) WHERE sale_order.id = %s",
                names,
                names,
                [row[0] for row in rows],
                [row[1] for row in rows],
                [row[2] for row in rows],
                self.prototype.id,
            )
        )

    def _compute(self, as_of=AS_OF):
        run = self.env["crm.value.run"].recompute(self.company, as_of)
        self.assertEqual(run.state, "done", run.error)
        return run

    def _profiles(self):
        return self.env["crm.value.profile"].search(
            [("company_id", "=", self.company.id)]
        )

    def _example(self, body):
        """Run ``body`` and take back what it wrote."""
        savepoint = self.env.cr.savepoint()
        try:
            body()
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_scores_are_monotone_and_figures_sane(self):
        @PROPERTY
        @given(BOOK)
        def check(histories):
            def body():
                self._book(histories)
                self._compute()
                profiles = self._profiles().filtered(lambda p: p.purchase_days)
                for profile in profiles:
                    self.assertTrue(0 <= profile.p_buy_quarter <= profile.p_buy_year)
                    self.assertTrue(profile.p_buy_year <= profile.p_alive + 1e-9 <= 1.1)
                    self.assertGreaterEqual(profile.clv_predictive, 0)
                    self.assertGreaterEqual(profile.clv_simple, 0)
                    self.assertTrue(0 <= profile.value_score <= 100)
                self._check_dominance(profiles)
                self._check_score(profiles)
                for score, measure in MEASURES.items():
                    ranked = profiles.sorted(measure)
                    scores = ranked.mapped(lambda p, score=score: p[score])
                    self.assertEqual(scores, sorted(scores), (score, measure))

            self._example(body)

        check()

    def _check_dominance(self, profiles):
        """Whoever is at least as good in every respect has no lower score, and no lower
        tier; equal customers have the same."""
        tiers = self.model.tier_line_ids.sorted().tier_id
        known = [
            (
                [profile[measure] for measure in MEASURES.values()],
                profile.value_score,
                -tiers.ids.index(profile.tier_id.id) if profile.tier_id else 0,
            )
            for profile in profiles
        ]
        for measured, score, tier in known:
            for other_measured, other_score, other_tier in known:
                if all(a >= b for a, b in zip(measured, other_measured, strict=True)):
                    self.assertGreaterEqual(score, other_score)
                    self.assertGreaterEqual(tier, other_tier)

    def _check_score(self, profiles):
        """The weighted share of the other customers who have less, by counting."""
        if len(profiles) < self.model.min_customers:
            return
        total = dict.fromkeys(profiles, Fraction(0))
        for weight, measure in zip(WEIGHTS, MEASURES.values(), strict=True):
            measures = profiles.mapped(lambda p, measure=measure: p[measure])
            for profile in profiles:
                below = sum(other < profile[measure] for other in measures)
                total[profile] += weight * (
                    Fraction(below, len(measures) - 1)
                    if len(set(measures)) > 1
                    else Fraction(1, 2)
                )
        for profile, score in total.items():
            self.assertAlmostEqual(profile.value_score, float(score), delta=0.005001)

    def test_some_or_all_makes_no_difference(self):
        """Customers computed in any two batches get what they get all at once."""

        @PROPERTY
        @given(BOOK, st.randoms(use_true_random=False))
        def check(histories, random):
            def body():
                self._book(histories)
                run = self._compute()
                whole = self._snapshot()
                self.env.cr.execute(
                    "DELETE FROM crm_value_profile WHERE company_id = %s",
                    [self.company.id],
                )
                self.env.invalidate_all()
                ids = self.customers.ids
                random.shuffle(ids)
                place = random.randint(0, len(ids))
                for batch in (ids[:place], ids[place:]):
                    part = run._execute(
                        self.company,
                        self.model,
                        AS_OF,
                        scope=SQL("SELECT unnest(%s::int[]) AS partner_id", batch),
                        base=run,
                    )
                    self.assertEqual(part.state, "done", part.error)
                self.assertEqual(self._snapshot(), whole)

            self._example(body)

        check()

    def _snapshot(self):
        """All that a computation finds about each customer."""
        names = [
            name
            for name, field in self.env["crm.value.profile"]._fields.items()
            if field.store and name not in (*models.MAGIC_COLUMNS, "run_id")
        ]
        return {
            profile.pop("partner_id"): profile
            for profile in self._profiles().read(names)
            if profile.pop("id")
        }

    def test_who_is_who_does_not_matter(self):
        @PROPERTY
        @given(BOOK, st.randoms(use_true_random=False))
        def check(histories, random):
            names = ("value_score", "p_alive", "clv_predictive", "lifecycle", "tier_id")
            places = list(range(len(histories)))
            random.shuffle(places)
            seen = []

            def look(order):
                self._book([histories[place] for place in order])
                self._compute()
                found = {p.partner_id.id: p for p in self._profiles()}
                seen.append(
                    {
                        place: [found[partner.id][name] for name in names]
                        for place, partner in zip(order, self.customers, strict=False)
                    }
                )

            self._example(lambda: look(sorted(places)))
            self._example(lambda: look(places))
            self.assertEqual(*seen)

        check()

    def test_shares_history_and_repetition(self):
        @PROPERTY
        @given(BOOK)
        def check(histories):
            def body():
                self._book(histories)
                self._compute(AS_OF - timedelta(days=200))
                run = self._compute()
                self.assertEqual(self._compute().written_count, 0)
                self._check_history()
                if run.calibration["sufficient"]:
                    self._check_shares(run)

            self._example(body)

        check()

    def _check_history(self):
        """The transitions, replayed, end in the present tier and stage."""
        present = {}
        for change in self.env["crm.value.transition"].search(
            [("company_id", "=", self.company.id)], order="id"
        ):
            key = change.profile_id, change.kind
            old, new = (
                (change.from_tier_id, change.to_tier_id)
                if change.kind == "tier"
                else (change.from_lifecycle, change.to_lifecycle)
            )
            self.assertEqual(old or False, present.get(key) or False)
            present[key] = new
        for profile in self._profiles():
            self.assertEqual(
                present.get((profile, "tier")) or False, profile.tier_id or False
            )
            self.assertEqual(
                present.get((profile, "lifecycle")) or False, profile.lifecycle
            )

    def _check_shares(self, run):
        """Without a past, each limit splits as near to its share as ties allow."""
        scores = self._profiles().filtered("purchase_days").mapped("value_score")
        if run.calibration["neutral_tier"]:
            self.assertEqual(len(set(scores)), 1)
            return
        target = 0
        for tier, share in zip(run.calibration["tiers"], (20, 30), strict=False):
            target += share / 100
            limit = tier["limit"]
            held = [
                sum(s >= float(limit) for s in scores) / len(scores) if limit else 0
            ]
            best = min(
                abs(sum(s >= value for s in scores) / len(scores) - target)
                for value in [*scores, 101]
            )
            self.assertAlmostEqual(abs(held[0] - target), best, places=9)
