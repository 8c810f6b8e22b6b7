from datetime import date

from babel.dates import format_skeleton

from odoo import models
from odoo.tools import babel_locale_parse, formatLang, get_lang

from .crm_loyalty_measure import ACTIVE_DAYS
from .crm_loyalty_measure_effect import MINIMUM

SHOWN_COHORTS = 24


class CrmLoyaltyMeasure(models.Model):
    """The figures in words, and their parts."""

    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "crm.loyalty.measure"

    def _compute_summary(self):
        for measure in self:
            measure.summary = "\n".join(measure._get_sentences())

    # -------------------------------------------------------------------- words
    def _get_sentences(self):
        """What a manager wants to know, a sentence each."""
        self.ensure_one()
        return [
            self.env._(
                "%(members)s members; %(active)s of them (%(share)s) got or used points "
                "in the last %(days)s days.",
                members=self._format_points(self.member_count),
                active=self._format_points(self.active_count),
                share=self._format_rate(round(self.active_rate)),
                days=ACTIVE_DAYS,
            ),
            self._get_liability_sentence(),
            self._get_cost_sentence(),
            self._get_effect_sentence("retention"),
        ]

    def _get_liability_sentence(self):
        values = {
            "points": self._format_points(self.outstanding),
            "face": self._format_money(self.face_value),
            "estimate": self._format_money(self.estimate),
        }
        if not self.point_value:
            return self.env._(
                "They have %(points)s points. What these are worth, no reward says: enter "
                "the value of a point in the program.",
                **values,
            )
        if not self.is_estimated:
            return self.env._(
                "They have %(points)s points, worth %(face)s. How many are never "
                "redeemed, nobody knows yet: the points of three months are needed.",
                **values,
            )
        return self.env._(
            "They have %(points)s points: %(face)s if all are redeemed, and by "
            "experience %(estimate)s, since %(breakage)s of all points never are.",
            breakage=self._format_rate(self.breakage_rate),
            **values,
        )

    def _get_cost_sentence(self):
        if not self.redeemed:
            return self.env._("Nobody used points in the last %s days.", ACTIVE_DAYS)
        return self.env._(
            "Rewards took %(cost)s off orders in %(days)s days: %(each)s for each of "
            "%(points)s points.",
            cost=self._format_money(self.reward_cost),
            days=ACTIVE_DAYS,
            each=self._format_exact(self.cost_per_point),
            points=self._format_points(self.redeemed),
        )

    def _format_exact(self, amount):
        """Money for one point: more decimals than a price has."""
        number = formatLang(self.env, amount, digits=4)
        return f"{number} {self.currency_id.symbol}"

    def _get_effect_sentence(self, name):
        found = self.detail["effect"][name]
        if found["share"] is None:
            return self.env._(
                "Not enough data to compare members with others: %(members)s members and "
                "%(others)s comparable customers could be followed for a year, and "
                "%(minimum)s of each are needed.",
                members=found["members"],
                others=found["others"],
                minimum=MINIMUM,
            )
        values = {
            "share": self._format_share(found["share"]),
            "other": self._format_share(found["other_share"]),
            "low": self._format_share(found["low"]),
            "high": self._format_share(found["high"]),
        }
        if found["low"] > 0:
            return self.env._(
                "%(share)s of the members were still buying after half a year, and "
                "%(other)s of comparable customers: a difference of %(low)s to %(high)s.",
                **values,
            )
        return self.env._(
            "%(share)s of the members were still buying after half a year, and %(other)s "
            "of comparable customers: this may be chance (%(low)s to %(high)s).",
            **values,
        )

    def _format_share(self, share):
        return self._format_rate(100 * share, digits=1)

    # -------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        measure = self.sudo()
        why["tables"] += [
            measure._get_flow_table(),
            measure._get_cohort_table(),
            measure._get_effect_table(),
        ]
        why["values"] += measure._get_money_values()
        why["notes"] += [
            self.env._(
                "Members are no sample: who joins likes us already. Even among customers "
                "who bought in the same quarter, had the same tier and had been customers "
                "for as long, a difference does not prove that the program made it. Only "
                "a campaign with a group drawn by lot that gets nothing does."
            ),
            self.env._(
                "Points never redeemed are estimated from how the points of earlier "
                "months developed (chain ladder). Without enough history none are "
                "assumed, as IFRS 15 B46 asks."
            ),
            self.env._(
                "This is for managers: nothing of it is posted to the accounts."
            ),
        ]
        return why

    def _get_flow_table(self):
        """Points that came and went; what is left are those that members have."""
        kinds = dict(
            self.env["crm.loyalty.move"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        sides = {
            "issued": self.env._("Issued"),
            "redeemed": self.env._("Redeemed"),
            "expired": self.env._("Expired"),
        }
        rows = [
            {
                "what": f"{sides[row['side']]}: {kinds.get(row['kind'], row['kind'])}",
                "year": self._format_points(row["year"] / 100),
                "total": self._format_points(row["total"] / 100),
            }
            for side in sides
            for row in self.detail["flows"]
            if row["side"] == side
        ]
        year, total = (
            sum(row[name] for row in self.detail["flows"]) / 100
            for name in ("year", "total")
        )
        columns = [
            ("what", self.env._("Points")),
            ("year", self.env._("In %s Days", ACTIVE_DAYS), "end"),
            ("total", self.env._("Of All Time"), "end"),
        ]
        return self._prepare_table(
            columns,
            rows,
            title=self.env._("Points That Came and Went"),
            total={
                "what": self.env._("Difference"),
                "year": self._format_points(year),
                "total": self._format_points(total),
            },
            note=self.env._(
                "Of all time: %(outstanding)s points that members have, less %(owed)s that "
                "they owe.",
                outstanding=self._format_points(self.outstanding),
                owed=self._format_points(self.owed),
            ),
        )

    def _get_cohort_table(self):
        """Points by the month in which they were issued."""
        names = ("issued", "redeemed", "expired", "outstanding", "to_come")
        cohorts = self.detail["cohorts"]
        shown, older = cohorts[-SHOWN_COHORTS:], cohorts[:-SHOWN_COHORTS]
        rows = [
            {
                "month": self._format_month(one["month"]),
                **{name: self._format_points(one[name] / 100) for name in names},
            }
            for one in shown
        ]
        if older:
            rows.insert(
                0,
                {
                    "month": self.env._("Before"),
                    **{
                        name: self._format_points(sum(o[name] for o in older) / 100)
                        for name in names
                    },
                },
            )
        columns = [
            ("month", self.env._("Issued In")),
            ("issued", self.env._("Issued"), "end"),
            ("redeemed", self.env._("Redeemed"), "end"),
            ("expired", self.env._("Expired"), "end"),
            ("outstanding", self.env._("Left"), "end"),
            ("to_come", self.env._("Still to Be Redeemed"), "end"),
        ]
        return self._prepare_table(
            columns,
            rows,
            title=self.env._("Points by Month"),
            total={
                "month": self.env._("Total"),
                **{
                    name: self._format_points(sum(o[name] for o in cohorts) / 100)
                    for name in names
                },
            },
            note=self.env._("Issued is net of what was taken back."),
        )

    def _format_month(self, month):
        day = date(int(month[:4]), int(month[5:]), 1)
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_skeleton("yMMM", day, locale=locale)

    def _get_effect_table(self):
        """Members beside comparable customers."""
        labels = {
            "repeat": self.env._("Bought again within a year"),
            "retention": self.env._("Still buying after half a year"),
            "spend": self.env._("Spent in the year after, each"),
        }
        rows = []
        unknown = self.env._("not enough data")
        for name, label in labels.items():
            found = self.detail["effect"][name]
            known = found["share"] is not None
            shown = self._format_money if name == "spend" else self._format_share
            rows.append(
                {
                    "what": label,
                    "members": shown(found["share"]) if known else unknown,
                    "others": shown(found["other_share"]) if known else unknown,
                    "difference": (
                        self.env._(
                            "%(low)s to %(high)s",
                            low=shown(found["low"]),
                            high=shown(found["high"]),
                        )
                        if known
                        else ""
                    ),
                }
            )
        found = self.detail["effect"]["retention"]
        columns = [
            ("what", self.env._("Customers")),
            ("members", self.env._("Members"), "end"),
            ("others", self.env._("Comparable Others"), "end"),
            ("difference", self.env._("Difference, 95 %"), "end"),
        ]
        return self._prepare_table(
            columns,
            rows,
            title=self.env._("Members Beside Comparable Customers"),
            note=self.env._(
                "%(members)s members, %(others)s others; %(left_out)s members without "
                "anybody comparable are left out. Compared are customers who bought in "
                "the same quarter, with the same tier and as long a history before.",
                members=found["members"],
                others=found["others"],
                left_out=found["left_out"],
            ),
        )

    def _get_money_values(self):
        """How each amount is reached."""
        money, points = self._format_money, self._format_points
        each = self._format_exact(self.point_value)
        redeemed = sum(one["redeemed"] for one in self.detail["cohorts"]) / 100
        return [
            {
                "label": self.env._("Liability, face value"),
                "amount": money(self.face_value),
                "formula": f"{points(self.outstanding)} × {each}",
            },
            {
                "label": self.env._("Liability, estimated"),
                "amount": money(self.estimate),
                "formula": f"{points(self.expected_points)} × {each}",
            },
            {
                "label": self.env._("Allocated to points"),
                "amount": money(self.allocated),
                "formula": self.env._(
                    "part of the sales, by relative stand-alone prices; kept from "
                    "measure to measure"
                ),
            },
            {
                "label": self.env._("Of it, revenue until now"),
                "amount": money(self.recognised),
                "formula": self.env._(
                    "%(allocated)s × %(redeemed)s redeemed ÷ %(expected)s expected",
                    allocated=money(self.allocated),
                    redeemed=points(redeemed),
                    expected=points(redeemed + self.expected_points),
                ),
            },
            {
                "label": self.env._("Contract liability"),
                "amount": money(self.contract_liability),
                "formula": f"{money(self.allocated)} - {money(self.recognised)}",
            },
            {
                "label": self.env._("Revenue since the measure before"),
                "amount": money(self.revenue),
                "formula": "",
            },
            {
                "label": self.env._("Cost of a point"),
                "amount": self._format_exact(self.cost_per_point),
                "formula": f"{money(self.reward_cost)} ÷ {points(self.redeemed)}",
            },
        ]

    def _get_explanation_charts(self):
        cohorts = self.sudo().detail["cohorts"][-12:]
        charts = [
            self._prepare_chart(
                self.env._("Points left, by the month in which they were issued"),
                [
                    (
                        self._format_month(one["month"]),
                        one["outstanding"] / 100,
                        self._format_points(one["outstanding"] / 100),
                    )
                    for one in cohorts
                ],
            )
        ]
        if self.is_compared:
            found = self.sudo().detail["effect"]["retention"]
            charts.append(
                self._prepare_chart(
                    self.env._("Still buying after half a year"),
                    [
                        (label, found[name], self._format_share(found[name]))
                        for label, name in (
                            (self.env._("Members"), "share"),
                            (self.env._("Comparable others"), "other_share"),
                        )
                    ],
                )
            )
        return charts
