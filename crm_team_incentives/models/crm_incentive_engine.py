from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

# The columns that a computation gives, in order.
LINE_COLUMNS = (
    "event_id", "user_id", "team_id", "rule_id", "version_id", "kind",
    "period_id", "home_period_id", "base", "factor_weight", "factor_divisor",
    "frequency", "step_rate", "rated", "cum_before", "share", "amount",
)  # fmt: skip

# Of an event, what a computation reads as it is.
EVENT_COLUMNS = SQL(
    "one.id AS event_id, one.kind, one.document_id, one.res_id, one.sequence, one.day,"
    " one.amount, one.before, one.tier_id, one.customer_since, one.lifetime_value,"
    " one.recent_orders"
)


@dataclass(slots=True)
class IncentiveInput:
    """What a computation reads, each as SQL.

    - ``events``: ``event_id, kind, document_id, res_id, sequence, day, amount, before
      (the document's total before), tier_id, customer_since, lifetime_value,
      recent_orders, period_id, home_period_id``
    - ``credits``: ``event_id, credit_id, user_id, team_id, weight``
    - ``plans``: ``user_id, version_id, date_from, date_to``
    - ``stored``: lines that stay: ``event_id, user_id, team_id, rule_id, version_id,
      kind, home_period_id, base, rated, amount``
    - ``ledger``: all events of the documents: ``event_id, kind, document_id, res_id,
      sequence, day, amount``
    """

    events: SQL
    credits: SQL
    plans: SQL
    stored: SQL
    ledger: SQL
    decimals: int


class CrmIncentiveEngine(models.AbstractModel):
    """How pay is computed: one statement, whoever asks.

    The month's computation, the simulation of past months, the estimate on a quotation,
    the examples of a plan and the dialog that tries numbers feed the same statement and
    differ in what they feed. All
    amounts are NUMERIC; nothing passes through floating point. Events are worked
    through by (day, kind, document, sequence), so the order in which they arrived, and
    in how many batches, makes no difference.

    - A document's amount is split among its people in whole cents: floor, then one cent
      each to the largest remainders, then to the lowest id.
    - A percentage of it, and a fixed amount, are split in the same way, so that they add
      up to what one person alone would get.
    - A stepped line is F(total after) - F(total before), each rounded: lines add up to
      F of the month's total. Steps by the customer's lifetime value are a percentage,
      that of the step which the value of the day had reached.
    - Taking back does not ask the rules again: it takes the stored lines of the document
      in proportion, and never more than they were.
    """

    _name = "crm.incentive.engine"
    _description = "Incentive Computation"

    @api.model
    def _get_lines_sql(self, job):
        """The lines of a computation, with the columns ``LINE_COLUMNS``."""
        return SQL(
            """
            WITH event AS MATERIALIZED (%(events)s),
            stored AS MATERIALIZED (%(stored)s),
            credit AS MATERIALIZED (%(shares)s),
            claim AS MATERIALIZED (%(claims)s),
            flat AS MATERIALIZED (%(flat)s),
            stepped AS MATERIALIZED (%(stepped)s),
            relative AS MATERIALIZED (%(relative)s),
            earned AS MATERIALIZED (
                SELECT * FROM flat WHERE amount IS NOT NULL
                 UNION ALL SELECT * FROM stepped
                 UNION ALL SELECT * FROM relative
            ),
            ledger AS MATERIALIZED (%(ledger)s),
            line AS MATERIALIZED (
                SELECT event_id, user_id, team_id, rule_id, version_id, amount
                  FROM earned
                 UNION ALL
                SELECT event_id, user_id, team_id, rule_id, version_id, amount
                  FROM stored WHERE kind = 'earning'
            ),
            taken AS (%(taken)s)
            SELECT %(columns)s FROM earned UNION ALL SELECT %(columns)s FROM taken
            """,
            events=job.events,
            stored=job.stored,
            shares=self._get_shares_sql(job),
            claims=self._get_claims_sql(job),
            flat=self._get_flat_sql(job),
            stepped=self._get_stepped_sql(job),
            relative=self._get_relative_sql(job),
            ledger=self._get_ledger_sql(job),
            taken=self._get_taken_sql(job),
            columns=SQL(", ").join(map(SQL.identifier, LINE_COLUMNS)),
        )

    # ------------------------------------------------------------------- shares
    def _get_shares_sql(self, job):
        """Who has a part in each event, with their part of its amount in whole cents."""
        return SQL(
            """
            SELECT portion.*, total AS whole_weight,
                   ROUND((low + CASE WHEN ROW_NUMBER() OVER (
                           PARTITION BY event_id
                           ORDER BY units - total * low DESC, credit_id)
                       <= amount * %(unit)s - SUM(low) OVER (PARTITION BY event_id)
                       THEN 1 ELSE 0 END) / %(unit)s, %(decimals)s) AS base
              FROM (SELECT part.*, DIV(units, total) AS low
                      FROM (SELECT credit.*, event.amount,
                                   event.amount * weight * %(unit)s AS units,
                                   SUM(weight) OVER (PARTITION BY event_id) AS total
                              FROM (%(credits)s) credit
                              JOIN event USING (event_id)
                             WHERE event.amount > 0) part) portion
            """,
            credits=job.credits,
            unit=self._get_unit_sql(job),
            decimals=job.decimals,
        )

    def _get_unit_sql(self, job):
        """Smallest units per unit of the currency: 100 for cents."""
        return SQL("%s::numeric", 10**job.decimals)

    def _get_quotient_sql(self, dividend, divisor, digits):
        """A quotient of what is not negative, rounded half up: by whole numbers only.

        A division of NUMERIC is rounded itself; rounding its result would round twice.
        """
        return SQL(
            "ROUND(DIV(2 * (%(dividend)s) * %(unit)s + %(divisor)s, 2 * (%(divisor)s))"
            " / %(unit)s, %(digits)s)",
            dividend=dividend,
            divisor=divisor,
            unit=SQL("%s::numeric", 10**digits),
            digits=digits,
        )

    def _get_rated_sql(self, amount):
        """An amount weighted by the customer's tier and frequency, to six decimals."""
        return self._get_quotient_sql(
            SQL("%s * factor_weight * frequency", amount),
            SQL("(factor_divisor * 100)"),
            6,
        )

    # -------------------------------------------------------------------- rules
    def _get_claims_sql(self, job):
        """Which rule pays whom for which event: what fits, then what comes first."""
        return SQL(
            """
            SELECT * FROM (
                SELECT event.event_id, event.kind AS event_kind, event.document_id,
                       event.res_id, event.sequence, event.day, event.period_id,
                       event.home_period_id, event.amount AS event_amount,
                       GREATEST(event.before, 0) AS event_before,
                       credit.credit_id, credit.user_id, credit.team_id, credit.weight,
                       credit.whole_weight, credit.base,
                       rule.id AS rule_id, rule.version_id, rule.kind AS rule_kind,
                       rule.kind = 'stepped' AND rule.by_lifetime AS by_lifetime,
                       CASE WHEN rule.kind = 'stepped' AND rule.by_lifetime
                            THEN (%(level)s) ELSE rule.rate END AS rate,
                       rule.amount AS fixed, rule.uplift_reading,
                       rule.step_mode, rule.step_side, rule.is_on_top,
                       version.precedence,
                       CASE WHEN rule.is_weighted THEN factor.weight ELSE 1 END
                           AS factor_weight,
                       CASE WHEN rule.is_weighted THEN factor.divisor ELSE 1 END
                           AS factor_divisor,
                       CASE WHEN rule.by_frequency AND rule.kind IN ('percent', 'stepped')
                            THEN COALESCE((%(band)s), 100) ELSE 100 END AS frequency,
                       ROW_NUMBER() OVER (
                           PARTITION BY event.event_id, credit.user_id, rule.is_on_top
                           ORDER BY rule.sequence, rule.id) AS place
                  FROM event
                  JOIN credit USING (event_id)
                  JOIN (%(plans)s) plan ON plan.user_id = credit.user_id
                   AND plan.date_from <= event.day
                   AND (plan.date_to IS NULL OR event.day < plan.date_to)
                  JOIN crm_incentive_version version ON version.id = plan.version_id
                  JOIN crm_incentive_rule rule ON rule.version_id = version.id
                   AND rule.trigger = event.kind
                  CROSS JOIN LATERAL (%(factor)s) factor
                 WHERE event.amount > 0
                   AND (rule.new_only IS NOT TRUE
                        OR event.day <= event.customer_since + rule.new_days)
                   AND (rule.kind <> 'fixed' OR event.before = 0)
                   AND (NOT EXISTS (SELECT FROM %(tiers)s tier
                                     WHERE tier.crm_incentive_rule_id = rule.id)
                        OR EXISTS (SELECT FROM %(tiers)s tier
                                    WHERE tier.crm_incentive_rule_id = rule.id
                                      AND tier.crm_value_tier_id = event.tier_id))
            ) fits
             WHERE is_on_top OR precedence = 'add' OR place = 1
            """,
            plans=job.plans,
            factor=self._get_factor_sql(),
            level=self._get_level_sql(),
            band=self._get_band_sql(),
            tiers=SQL.identifier("crm_incentive_rule_crm_value_tier_rel"),
        )

    def _get_factor_sql(self):
        """Weight and divisor of the event's tier, by the reading of the version.

        A customer without a tier, or of one without a weight, is taken for the
        reference.
        """
        return SQL(
            """
            SELECT CASE WHEN version.weight_reading = 'none' THEN 1
                        ELSE COALESCE(own.weight, reference.weight, 1) END AS weight,
                   CASE version.weight_reading
                        WHEN 'relative' THEN COALESCE(reference.weight, 1)
                        WHEN 'credit' THEN 100
                        WHEN 'pool' THEN COALESCE((
                            SELECT SUM(one.weight) FROM crm_incentive_weight one
                             WHERE one.version_id = version.id), 1)
                        ELSE 1 END AS divisor
              FROM (SELECT 1) always
              LEFT JOIN crm_incentive_weight own
                ON own.version_id = version.id AND own.tier_id = event.tier_id
              LEFT JOIN crm_incentive_weight reference
                ON reference.version_id = version.id AND reference.is_reference
            """
        )

    def _get_level_sql(self):
        """Rate of the step that the customer's lifetime value had reached.

        A customer whose value was not known, or is less than nothing, is on the first.
        """
        return SQL(
            """
            SELECT step.rate FROM crm_incentive_step step
             WHERE step.rule_id = rule.id
               AND (step.bound < GREATEST(COALESCE(event.lifetime_value, 0), 0)
                    OR (step.bound = GREATEST(COALESCE(event.lifetime_value, 0), 0)
                        AND (rule.step_side = 'upper' OR step.bound = 0)))
             ORDER BY step.bound DESC LIMIT 1
            """
        )

    def _get_band_sql(self):
        """Factor, in percent, of the band that the customer's orders had reached."""
        return SQL(
            """
            SELECT band.factor FROM crm_incentive_frequency band
             WHERE band.version_id = version.id
               AND band.orders_from <= event.recent_orders
             ORDER BY band.orders_from DESC LIMIT 1
            """
        )

    # ---------------------------------------------------------------------- pay
    def _get_flat_sql(self, job):
        """Percentages and fixed amounts: the pay of the whole document is split.

        A document that comes in parts, as payments do, pays for its total so far less
        what it paid before: rounded parts add up to the rounded whole.

        Extra percentages of the commission have no amount yet, see
        :meth:`_get_relative_sql`.
        """
        return SQL(
            """
            SELECT event_id, user_id, team_id, rule_id, version_id,
                   'earning' AS kind, period_id, home_period_id, base,
                   factor_weight, factor_divisor, frequency,
                   CASE WHEN by_lifetime THEN rate END AS step_rate,
                   %(rated)s AS rated,
                   NULL::numeric AS cum_before, weight / whole_weight AS share,
                   ROUND((low + CASE WHEN ROW_NUMBER() OVER (
                           PARTITION BY event_id, rule_id
                           ORDER BY units - whole_weight * low DESC, credit_id)
                       <= DIV(2 * SUM(upto * weight) OVER same * %(unit)s
                              + whole_weight, 2 * whole_weight)
                          - DIV(2 * SUM(past * weight) OVER same * %(unit)s
                              + whole_weight, 2 * whole_weight)
                          - SUM(low) OVER same
                       THEN 1 ELSE 0 END) / %(unit)s, %(decimals)s) AS amount
              FROM (SELECT pay.*, (upto - past) * weight * %(unit)s AS units,
                           DIV((upto - past) * weight * %(unit)s, whole_weight) AS low
                      FROM (SELECT claim.*,
                                   CASE WHEN rule_kind = 'fixed' THEN fixed
                                        ELSE %(rated_upto)s * rate * 0.01 END AS upto,
                                   CASE WHEN rule_kind = 'fixed' THEN 0
                                        ELSE %(rated_past)s * rate * 0.01 END AS past
                              FROM claim
                             WHERE rule_kind IN ('percent', 'fixed')
                                OR (rule_kind = 'stepped' AND by_lifetime)
                                OR (rule_kind = 'uplift' AND uplift_reading = 'points')
                           ) pay) part
            WINDOW same AS (PARTITION BY event_id, rule_id)
            """,
            rated=self._get_rated_sql(SQL("base")),
            rated_upto=self._get_rated_sql(SQL("(event_before + event_amount)")),
            rated_past=self._get_rated_sql(SQL("event_before")),
            decimals=job.decimals,
            unit=self._get_unit_sql(job),
        )

    def _get_stepped_sql(self, job):
        """F(total after) - F(total before), for each person, rule and month."""
        return SQL(
            """
            SELECT event_id, user_id, team_id, rule_id, version_id,
                   'earning' AS kind, period_id, home_period_id, base,
                   factor_weight, factor_divisor, frequency,
                   NULL::numeric AS step_rate, rated, cum_before,
                   weight / whole_weight AS share,
                   ROUND(%(after)s, %(decimals)s) - ROUND(%(before)s, %(decimals)s)
                       AS amount
              FROM (SELECT total.*, cum_after - rated AS cum_before
                      FROM (SELECT one.*, COALESCE(carried.rated_before, 0)
                                   + SUM(rated) OVER (
                                       PARTITION BY one.user_id, one.rule_id,
                                                    one.home_period_id
                                       ORDER BY day, event_kind, document_id, res_id,
                                                sequence) AS cum_after
                              FROM (SELECT claim.*,
                                           %(rated)s AS rated
                                      FROM claim
                                     WHERE rule_kind = 'stepped'
                                       AND by_lifetime IS NOT TRUE) one
                              LEFT JOIN (
                                  SELECT user_id, rule_id, home_period_id,
                                         SUM(rated) AS rated_before
                                    FROM stored WHERE kind = 'earning'
                                   GROUP BY user_id, rule_id, home_period_id) carried
                                ON carried.user_id = one.user_id
                               AND carried.rule_id = one.rule_id
                               AND carried.home_period_id = one.home_period_id
                           ) total) stepped
            """,
            decimals=job.decimals,
            rated=self._get_rated_sql(SQL("base")),
            after=self._get_steps_sql(SQL("cum_after")),
            before=self._get_steps_sql(SQL("cum_before")),
        )

    def _get_steps_sql(self, total):
        """F: the pay for a month's total by the steps of ``stepped.rule_id``."""
        return SQL(
            """
            COALESCE((
                SELECT CASE WHEN stepped.step_mode = 'marginal'
                       THEN SUM((LEAST(%(total)s, COALESCE(upto, %(total)s)) - bound)
                                * rate * 0.01)
                       ELSE (ARRAY_AGG(rate ORDER BY bound DESC))[1] * %(total)s * 0.01
                       END
                  FROM (SELECT bound, rate, LEAD(bound) OVER (ORDER BY bound) AS upto
                          FROM crm_incentive_step
                         WHERE rule_id = stepped.rule_id) step
                 WHERE bound < %(total)s
                    OR (bound = %(total)s AND stepped.step_side = 'upper')), 0)
            """,
            total=total,
        )

    def _get_relative_sql(self, job):
        """A percentage more commission: of what the other rules pay for the event."""
        return SQL(
            """
            SELECT claim.event_id, claim.user_id, claim.team_id, claim.rule_id,
                   claim.version_id, 'earning' AS kind, claim.period_id,
                   claim.home_period_id, claim.base, claim.factor_weight,
                   claim.factor_divisor, claim.frequency,
                   NULL::numeric AS step_rate, commission.amount AS rated,
                   NULL::numeric AS cum_before, weight / whole_weight AS share,
                   ROUND(commission.amount * rate * 0.01, %(decimals)s) AS amount
              FROM claim
              JOIN (SELECT event_id, user_id, SUM(line.amount) AS amount
                      FROM (SELECT event_id, user_id, rule_id, amount FROM flat
                             UNION ALL
                            SELECT event_id, user_id, rule_id, amount FROM stepped) line
                      JOIN crm_incentive_rule rule ON rule.id = line.rule_id
                     WHERE rule.kind IN ('percent', 'stepped')
                     GROUP BY event_id, user_id) commission USING (event_id, user_id)
             WHERE rule_kind = 'uplift' AND uplift_reading = 'relative'
            """,
            decimals=job.decimals,
        )

    # -------------------------------------------------------------- taking back
    def _get_ledger_sql(self, job):
        """All events of the documents that lose something, in order."""
        return SQL(
            """
            SELECT entry.*, ROW_NUMBER() OVER (
                       PARTITION BY kind, document_id
                       ORDER BY day, res_id, sequence) AS place
              FROM (%(ledger)s) entry
             WHERE (kind, document_id) IN (
                 SELECT kind, document_id FROM event WHERE amount < 0)
            """,
            ledger=job.ledger,
        )

    def _get_taken_sql(self, job):
        """Negative events take back the document's lines in proportion.

        Of all negative events of a document up to one, the share of what the document
        had brought by then is due back, rounded; the line is what that is more than
        was due back before. So the lines never take more than was paid, to the cent.
        """
        return SQL(
            """
            SELECT event.event_id, due.user_id, due.team_id, due.rule_id,
                   due.version_id, 'clawback' AS kind, event.period_id,
                   event.home_period_id, event.amount AS base,
                   LEAST(due.back, due.gross) AS factor_weight,
                   due.gross AS factor_divisor, NULL::numeric AS frequency,
                   NULL::numeric AS step_rate, NULL::numeric AS rated,
                   due.paid AS cum_before, NULL::numeric AS share,
                   COALESCE(due.earlier, 0) - due.target AS amount
              FROM (SELECT target.*, MAX(target) OVER (
                               PARTITION BY kind, document_id, user_id, rule_id
                               ORDER BY place
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                               AS earlier
                      FROM (SELECT loss.*, paid.user_id, paid.team_id, paid.rule_id,
                                   paid.version_id, paid.paid,
                                   %(target)s AS target
                              FROM (SELECT ledger.*,
                                           SUM(GREATEST(amount, 0)) OVER doc AS gross,
                                           SUM(GREATEST(-amount, 0)) OVER doc AS back
                                      FROM ledger
                                    WINDOW doc AS (PARTITION BY kind, document_id
                                                   ORDER BY place)) loss
                              CROSS JOIN LATERAL (
                                  SELECT line.user_id, MIN(line.team_id) AS team_id,
                                         line.rule_id, line.version_id,
                                         SUM(line.amount) AS paid
                                    FROM ledger one
                                    JOIN line USING (event_id)
                                   WHERE one.kind = loss.kind
                                     AND one.document_id = loss.document_id
                                     AND one.amount > 0 AND one.place < loss.place
                                   GROUP BY line.user_id, line.rule_id,
                                            line.version_id) paid
                             WHERE loss.amount < 0 AND gross > 0) target) due
              JOIN event USING (event_id)
             WHERE COALESCE(due.earlier, 0) < due.target
            """,
            target=self._get_quotient_sql(
                SQL("paid.paid * LEAST(back, gross)"), SQL("gross"), job.decimals
            ),
        )

    # ------------------------------------------------------------------ what it reads
    @api.model
    def _get_plans_sql(self, company):
        """Who is paid by which approved version, and when."""
        return SQL(
            """
            SELECT assignment.user_id, version.id AS version_id,
                   GREATEST(assignment.date_from, version.date_from) AS date_from,
                   LEAST(assignment.date_to, version.date_to) AS date_to
              FROM crm_incentive_assignment assignment
              JOIN crm_incentive_version version
                ON version.plan_id = assignment.plan_id AND version.state = 'approved'
             WHERE assignment.company_id = %s
            """,
            company.id,
        )

    @api.model
    def _get_facts_sql(self, company, condition):
        """The company's events that meet the condition, each with ``before``: what its
        document was worth by then."""
        return SQL(
            """
            SELECT event.*, SUM(amount) OVER (
                       PARTITION BY kind, document_id
                       ORDER BY day, res_id, sequence) - amount AS before
              FROM crm_incentive_event event
             WHERE company_id = %s AND document_id IS NOT NULL AND %s
            """,
            company.id,
            condition,
        )

    @api.model
    def _get_entries_sql(self, company, condition):
        """The same events, as a ledger."""
        return SQL(
            "SELECT id AS event_id, kind, document_id, res_id, sequence, day, amount"
            " FROM crm_incentive_event event"
            " WHERE company_id = %s AND document_id IS NOT NULL AND %s",
            company.id,
            condition,
        )

    @api.model
    def _get_credits_sql(self):
        """Who had a part in which event."""
        return SQL(
            "SELECT event_id, id AS credit_id, user_id, team_id, weight"
            " FROM crm_incentive_event_credit"
        )

    @api.model
    def _get_needed_sql(self, ledger):
        """Whether ``line`` matters to the events: it counts in the total of their
        period, or what it was paid for is taken back."""
        return SQL(
            """
            (line.home_period_id IN (SELECT event.home_period_id FROM event)
             OR line.event_id IN (
                SELECT entry.event_id FROM (%s) entry
                 WHERE (entry.kind, entry.document_id) IN (
                    SELECT event.kind, event.document_id FROM event
                     WHERE event.amount < 0)))
            """,
            ledger,
        )

    @api.model
    def _get_stored_sql(self, condition):
        """Lines that a computation starts from: those that meet the condition."""
        return SQL(
            """
            SELECT event_id, user_id, team_id, rule_id, version_id, kind,
                   home_period_id, base, rated, amount
              FROM crm_incentive_line line
             WHERE event_id IS NOT NULL AND %s
            """,
            condition,
        )

    @api.model
    def _flush_terms(self):
        """Write what the ORM still holds of the terms."""
        for name in (
            "version", "rule", "step", "weight", "frequency", "assignment", "line",
        ):  # fmt: skip
            self.env[f"crm.incentive.{name}"].flush_model()
