from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_date, formatLang

# So many places are shown; the results have them all.
SHOWN = 50
KINDS = ("order", "won", "invoice", "payment")


class CrmIncentiveContest(models.Model):
    """The places of a contest: computed when somebody looks, written when it is over."""

    _inherit = "crm.incentive.contest"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------- figures
    @api.model
    def _get_metrics(self):
        """Hook: what a contest can be about.

        :return: dict, key of the figure → dict

            - ``label``: its name
            - ``units``: what it is measured for, of ``user`` and ``team``
            - ``sql``: function of a contest that gives SQL of ``unit_id``, ``total`` and
              ``n`` (numbers of documents or answers) between its days
            - ``is_mean``: whether the figure is total ÷ n; else it is the total
            - ``is_less_better``, ``is_money``: False where missing
        """
        both = ("user", "team")
        labels = {
            "order": self.env._("Confirmed orders, untaxed"),
            "won": self.env._("Won opportunities"),
            "invoice": self.env._("Invoices, untaxed"),
            "payment": self.env._("Money received, untaxed"),
        }
        metrics = {
            f"amount_{kind}": {
                "label": labels[kind],
                "units": both,
                "is_money": True,
                "sql": lambda contest, kind=kind: contest._get_amount_sql(kind),
            }
            for kind in KINDS
        }
        metrics["count_order"] = {
            "label": self.env._("Number of orders, by share"),
            "units": both,
            "sql": lambda contest: contest._get_count_sql(SQL("TRUE")),
        }
        metrics["count_new"] = {
            "label": self.env._("Number of new customers, by share"),
            "units": both,
            "sql": lambda contest: contest._get_count_sql(
                SQL("event.customer_since = event.day")
            ),
        }
        return metrics

    def _get_amount_sql(self, kind):
        """What documents brought, less what they lost, by the parts of the people.

        What a document loses is taken off those who had a part in it at first.
        """
        return SQL(
            """
            WITH scope AS MATERIALIZED (
                SELECT id, document_id, amount FROM crm_incentive_event
                 WHERE company_id = %(company)s AND kind = %(kind)s
                   AND day >= %(start)s AND day < %(stop)s),
            first AS MATERIALIZED (
                SELECT DISTINCT ON (document_id) document_id, id
                  FROM crm_incentive_event
                 WHERE company_id = %(company)s AND kind = %(kind)s AND amount > 0
                   AND document_id IN (SELECT document_id FROM scope)
                 ORDER BY document_id, day, res_id, sequence),
            source AS MATERIALIZED (
                SELECT document_id, amount,
                       CASE WHEN amount > 0 THEN scope.id ELSE first.id END AS event_id
                  FROM scope JOIN first USING (document_id)),
            part AS MATERIALIZED (%(parts)s)
            SELECT unit_id, SUM(amount * share) AS total,
                   COUNT(DISTINCT document_id) AS n
              FROM source JOIN part USING (event_id)
             WHERE unit_id IS NOT NULL
             GROUP BY unit_id
            """,
            company=self.company_id.id,
            kind=kind,
            start=self.date_from,
            stop=self.date_to,
            parts=self._get_parts_sql(),
        )

    def _get_parts_sql(self):
        """Who has which share of the events of ``source``."""
        return SQL(
            """
            SELECT event_id, %s AS unit_id,
                   weight / SUM(weight) OVER (PARTITION BY event_id) AS share
              FROM crm_incentive_event_credit
             WHERE event_id IN (SELECT event_id FROM source)
            """,
            SQL.identifier("user_id" if self.unit == "user" else "team_id"),
        )

    def _get_count_sql(self, condition):
        """Orders that stand at the end, each with the parts of the people."""
        return SQL(
            """
            WITH scope AS MATERIALIZED (
                SELECT id, document_id FROM crm_incentive_event event
                 WHERE company_id = %(company)s AND kind = 'order'
                   AND sequence = 1 AND amount > 0
                   AND day >= %(start)s AND day < %(stop)s AND %(condition)s),
            source AS MATERIALIZED (
                SELECT scope.id AS event_id
                  FROM scope
                  JOIN (SELECT document_id FROM crm_incentive_event
                         WHERE company_id = %(company)s AND kind = 'order'
                           AND day < %(stop)s
                           AND document_id IN (SELECT document_id FROM scope)
                         GROUP BY document_id HAVING SUM(amount) > 0) stands
                    USING (document_id)),
            part AS MATERIALIZED (%(parts)s)
            SELECT unit_id, SUM(share) AS total, COUNT(*) AS n
              FROM part WHERE unit_id IS NOT NULL GROUP BY unit_id
            """,
            company=self.company_id.id,
            start=self.date_from,
            stop=self.date_to,
            condition=condition,
            parts=self._get_parts_sql(),
        )

    # -------------------------------------------------------------------- places
    def _get_places(self):
        """The places as they are now, the first one first; one statement.

        Each criterion gives the share of the others that one is ahead of, and the score
        is their weighted mean, 0 to 100. Equal figures are equal; the place after two
        first ones is the third. Whoever has too few documents has place 0.

        :return: list of dicts ``unit_id``, ``place``, ``score`` and ``figures`` (id of
            the criterion → ``value``, ``n``), amounts as text
        """
        self.ensure_one()
        if not self.criterion_ids:
            return []
        for name in ("event", "event.credit", "contest", "contest.criterion"):
            self.env[f"crm.incentive.{name}"].flush_model()
        metrics = {one: one._get_metric() for one in self.criterion_ids}
        criteria = SQL(", ").join(
            SQL(
                "(%s::int, %s::numeric, %s::int, %s::int, %s::boolean, %s::int)",
                one.id,
                repr(one.weight),
                one.minimum_count,
                one.prior_count,
                bool(metric.get("is_mean")),
                -1 if metric.get("is_less_better") else 1,
            )
            for one, metric in metrics.items()
        )
        figures = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s::int AS criterion_id, unit_id, total::numeric, n::int"
                " FROM (%s) figure",
                one.id,
                metric["sql"](self),
            )
            for one, metric in metrics.items()
        )
        chosen = self.user_ids if self.unit == "user" else self.team_ids
        members = (
            SQL("SELECT unnest(%s::int[]) AS unit_id", chosen.ids)
            if chosen
            else SQL("SELECT DISTINCT unit_id FROM figure")
        )
        return self.env.execute_query_dict(
            SQL(
                """
                WITH criterion (id, weight, minimum, prior, is_mean, direction) AS (
                    VALUES %(criteria)s),
                figure AS MATERIALIZED (%(figures)s),
                member AS MATERIALIZED (%(members)s),
                whole AS (
                    SELECT criterion.*, member.unit_id,
                           COALESCE(figure.total, 0) AS total, COALESCE(figure.n, 0) AS n,
                           SUM(figure.total) OVER same
                               / NULLIF(SUM(figure.n) OVER same, 0) AS mean
                      FROM criterion CROSS JOIN member
                      LEFT JOIN figure ON figure.criterion_id = criterion.id
                       AND figure.unit_id = member.unit_id
                    WINDOW same AS (PARTITION BY criterion.id)),
                judged AS MATERIALIZED (
                    SELECT id, unit_id, weight, direction, n,
                           ROUND(CASE WHEN is_mean
                               THEN (total + prior * COALESCE(mean, 0))
                                    / GREATEST(n + prior, 1)
                               ELSE total END, 6) AS value,
                           n >= minimum AND (n > 0 OR NOT is_mean) AS is_enough
                      FROM whole),
                fit AS (
                    SELECT unit_id FROM judged GROUP BY unit_id
                    HAVING BOOL_AND(is_enough)),
                ahead AS (
                    SELECT unit_id, weight, CASE WHEN COUNT(*) OVER one = 1 THEN 1
                           ELSE (RANK() OVER (PARTITION BY id ORDER BY value * direction)
                                 - 1)::numeric / (COUNT(*) OVER one - 1) END AS share
                      FROM judged JOIN fit USING (unit_id)
                    WINDOW one AS (PARTITION BY id)),
                scored AS (
                    SELECT unit_id, ROUND(100 * SUM(weight * share) / SUM(weight), 4)
                               AS score
                      FROM ahead GROUP BY unit_id),
                placed AS (
                    SELECT unit_id, score, RANK() OVER (ORDER BY score DESC) AS place
                      FROM scored)
                SELECT judged.unit_id, placed.score::text AS score,
                       COALESCE(placed.place, 0)::int AS place,
                       jsonb_object_agg(judged.id::text, jsonb_build_object(
                           'value', judged.value::text, 'n', judged.n)) AS figures
                  FROM judged
                  LEFT JOIN placed USING (unit_id)
                 GROUP BY judged.unit_id, placed.score, placed.place
                 ORDER BY placed.place, judged.unit_id
                """,
                criteria=criteria,
                figures=figures,
                members=members,
            )
        )

    # -------------------------------------------------------------------- prizes
    def _get_prize(self, place, count):
        """The prize of a place among ``count`` that have one; empty where none wins."""
        if self.winner_share:
            share = Decimal(repr(self.winner_share))
            last = max(1, int(count * share / 100))
            return self.prize_ids.sorted()[:1] if place <= last else self.prize_ids[:0]
        return self.prize_ids.filtered(
            lambda prize: prize.place_from <= place <= prize.place_to
        )[:1]

    def _get_prizes(self, places):
        """What each place wins: dict of the unit → (prize, value, how many share it).

        Equal scores share the prizes of the places they cover, to the cent: what is
        left over goes to the lowest ids.
        """
        ranked = [row for row in places if row["place"]]
        unit = Decimal(1).scaleb(-self.currency_id.decimal_places)
        won = {}
        for place in sorted({row["place"] for row in ranked}):
            group = sorted(row["unit_id"] for row in ranked if row["place"] == place)
            covered = [
                self._get_prize(one, len(ranked))
                for one in range(place, place + len(group))
            ]
            first = next((prize for prize in covered if prize), None)
            if not first:
                continue
            if self.ties == "all":
                won |= {one: (first, first.amount, 1) for one in group}
                continue
            pot = sum(Decimal(repr(prize.amount)) for prize in covered if prize)
            cents = int((pot / unit).to_integral_value())
            low, more = divmod(cents, len(group))
            for number, one in enumerate(group):
                value = (low + (number < more)) * unit
                sharing = (
                    len(group) if len([p for p in covered if p]) < len(group) else 1
                )
                won[one] = (first, float(value), sharing)
        return won

    def _write_results(self):
        """Places and winners as rows that nobody changes."""
        places = self._get_places()
        won = self._get_prizes(places)
        name = "user_id" if self.unit == "user" else "team_id"
        self.env["crm.incentive.contest.result"].create(
            [
                {
                    "contest_id": self.id,
                    "company_id": self.company_id.id,
                    name: row["unit_id"],
                    "place": row["place"],
                    "score": float(row["score"] or 0),
                    "prize_name": won[row["unit_id"]][0].name
                    if row["unit_id"] in won
                    else False,
                    "amount": won[row["unit_id"]][1] if row["unit_id"] in won else 0,
                    "state": "proposed" if row["unit_id"] in won else "none",
                }
                for row in places
            ]
        )

    # --------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        one = self.sudo()
        why["summary"] += one._get_rules()
        if one.state == "closed":
            why["tables"].append(one._get_results_table())
        elif one.state != "cancelled" and one.criterion_ids:
            why["tables"].append(one._get_board_table())
        return why

    def _get_rules(self):
        """The rules, as sentences."""
        last = format_date(self.env, fields.Date.subtract(self.date_to, days=1))
        sentences = [
            self.env._(
                "From %(first)s to %(last)s.",
                first=format_date(self.env, self.date_from),
                last=last,
            )
        ]
        sentences += self.criterion_ids.mapped("sentence")
        prizes = self.prize_ids.sorted()
        if self.winner_share and prizes:
            sentences.append(
                self.env._(
                    "The best %(share)s win: %(prize)s.",
                    share=self._format_rate(self.winner_share),
                    prize=prizes[0]._get_words(),
                )
            )
        elif prizes:
            sentences += [
                self.env._(
                    "Places %(first)s to %(last)s: %(prize)s.",
                    first=prize.place_from,
                    last=prize.place_to,
                    prize=prize._get_words(),
                )
                for prize in prizes
            ]
        sentences.append(
            self.env._("Equal scores: %s.", self._get_label("ties").lower())
        )
        return sentences

    def _get_holders(self, ids):
        model = "res.users" if self.unit == "user" else "crm.team"
        return {one.id: one.name for one in self.env[model].sudo().browse(ids)}

    def _get_board_table(self):
        """Who is where right now."""
        places = self._get_places()
        won = self._get_prizes(places)
        names = self._get_holders([row["unit_id"] for row in places])
        columns = [("name", self._get_label("unit")), ("place", self.env._("Place"))]
        columns += [
            (f"c{one.id}", one._get_metric()["label"], "end")
            for one in self.criterion_ids
        ]
        columns.append(("score", self.env._("Score"), "end"))
        columns.append(("prize", self.env._("Would win")))
        rows = [
            {
                "name": names[row["unit_id"]],
                "place": str(row["place"] or self.env._("too few to judge")),
                "score": formatLang(self.env, float(row["score"] or 0), digits=1)
                if row["place"]
                else "–",
                "prize": won[row["unit_id"]][0].name if row["unit_id"] in won else "",
                **{
                    f"c{one.id}": self._format_figure(one, row["figures"][str(one.id)])
                    for one in self.criterion_ids
                },
            }
            for row in places[:SHOWN]
        ]
        return self._prepare_table(
            columns,
            rows,
            title=self.env._("Leader board, as of now"),
            note=self.env._("Score: of the others, the share that one is ahead of."),
        )

    def _format_figure(self, criterion, figure):
        metric = criterion._get_metric()
        value = float(figure["value"])
        if metric.get("is_money"):
            return self._format_money(value)
        text = formatLang(self.env, value, digits=2)
        return f"{text} ({figure['n']})" if metric.get("is_mean") else text

    def _get_results_table(self):
        """Who was where at the end."""
        return self._prepare_table(
            [
                ("name", self._get_label("unit")),
                ("place", self.env._("Place")),
                ("score", self.env._("Score"), "end"),
                ("prize", self.env._("Prize")),
            ],
            [
                {
                    "name": result.holder_name,
                    "place": str(result.place or self.env._("too few to judge")),
                    "score": formatLang(self.env, result.score, digits=1)
                    if result.place
                    else "–",
                    "prize": result.prize_name or "",
                }
                for result in self.result_ids.sorted(
                    lambda result: (not result.place, result.place, result.id)
                )[:SHOWN]
            ],
            title=self.env._("Places at the end"),
        )
