from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..stats import surveillance
from .crm_complaint_alarm import QUESTIONS, SUBJECTS
from .crm_complaint_survey import LOW_MARK

BASELINE = 26  # weeks that say what is normal
NEWEST = 2  # weeks that are compared with them
YEAR = 52
AROUND = 2  # weeks before and after the same one of last year
FALSE_ALARMS = 0.05  # share of quiet weeks with any alarm, over all series together
WEEK = timedelta(days=7)
# Dimensions whose exposure is that of another one.
ORDERS_OF = {"team": "cause", "question": "product", "refund": "product"}


class CrmComplaintAlarm(models.Model):
    """The nightly look at the weeks that are over: counting, judging, telling.

    Set-based: a query for the complaints and one for the orders of each dimension,
    however many products, causes, teams and regions there are.
    """

    _inherit = "crm.complaint.alarm"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_watch(self):
        """Every night, company by company."""
        teams = self.env["crm.complaint.team"].with_context(active_test=False)
        companies = self.env["res.company"].browse(
            company.id for (company,) in teams._read_group([], ["company_id"])
        )
        self.env["crm.job.run"]._run_each(companies, self._watch_company, self._name)

    @api.model
    def _watch_company(self, company):
        """Judge the last week that is over; twice, it finds nothing new.

        :return: the alarms that are new, or False when somebody else is at it
        """
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return False
        today = company._get_value_today()
        last = today - timedelta(days=today.weekday()) - WEEK
        alarms = self.sudo().with_company(company)
        findings = alarms._find(company, last)
        raised = alarms._raise_alarms(company, last, findings)
        for alarm in raised:
            alarm._tell()
        return raised

    @api.model
    def _find(self, company, last):
        """What is more than normal in the week of ``last``, or in it and the one before.

        :return: dict (dimension, id of its record) → Finding
        """
        dimensions = self._get_dimensions()
        complaints = {
            dimension: self._fetch_series(company, dimension, "counted", last)
            for dimension in dimensions
        }
        of = defaultdict(set)
        for dimension in dimensions:
            of[ORDERS_OF.get(dimension, dimension)].update(complaints[dimension])
        orders = {
            dimension: self._fetch_series(
                company, dimension, "exposure", last, subjects
            )
            for dimension, subjects in of.items()
            if subjects
        }
        judged = {}
        for dimension in dimensions:
            sold = orders.get(ORDERS_OF.get(dimension, dimension), {})
            for subject, counts in complaints[dimension].items():
                # some dimensions have orders of their own, the others all orders
                exposure = sold.get(subject) or sold.get(None) or {}
                finding = surveillance.judge(*self._cut(counts, exposure, last))
                if finding:
                    judged[dimension, subject] = finding
        keys = list(judged)
        believed = surveillance.discoveries(
            [judged[key].chance for key in keys], FALSE_ALARMS
        )
        return {keys[place]: judged[keys[place]] for place in sorted(believed)}

    @api.model
    def _cut(self, counts, orders, last):
        """The baseline, the newest weeks and those of last year, as (count, orders)."""

        def weeks(first, number):
            days = (first + WEEK * place for place in range(number))
            return [(counts.get(day, 0), orders.get(day, 0)) for day in days]

        newest = last - WEEK * (NEWEST - 1)
        year_ago = last - WEEK * (YEAR + AROUND)
        return (
            weeks(newest - WEEK * BASELINE, BASELINE),
            weeks(newest, NEWEST),
            weeks(year_ago, 2 * AROUND + 1),
        )

    # ----------------------------------------------------------------- counting
    @api.model
    def _get_dimensions(self):
        """Hook: what is watched; each has a field of the alarm and two queries."""
        return list(SUBJECTS)

    @api.model
    def _fetch_series(self, company, dimension, what, last, subjects=None, weeks=None):
        """Numbers by week of everything in a dimension.

        :param what: ``counted``, or ``exposure``: what it is counted against
        :param last: Monday of the last week
        :param subjects: ids of the records that are wanted; default: all
        :param weeks: how many; default: all that a judgement needs
        :return: dict id → dict Monday → number; the id None stands for all
        """
        self.env.flush_all()
        zone = company._get_value_timezone()
        day_start = company._get_value_day_start
        spans = [(last - WEEK * ((weeks or BASELINE + NEWEST) - 1), last + WEEK)]
        if not weeks:
            year_ago = last - WEEK * YEAR
            spans.append((year_ago - WEEK * AROUND, year_ago + WEEK * (AROUND + 1)))
        times = SQL(" OR ").join(
            SQL("fact.at >= %s AND fact.at < %s", day_start(first), day_start(end))
            for first, end in spans
        )
        query = getattr(self, f"_get_{dimension}_{what}_query")(company)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT fact.subject,
                       date_trunc('week', fact.at AT TIME ZONE 'UTC' AT TIME ZONE %s)::date,
                       COUNT(*)
                  FROM (%s) fact
                 WHERE (%s) AND (%s OR fact.subject IS NULL OR fact.subject = ANY(%s))
                 GROUP BY 1, 2
                """,
                zone,
                query,
                times,
                subjects is None,
                list(subjects or []),
            )
        )
        found = defaultdict(dict)
        for key, week, count in rows:
            found[key][week] = count
        return found

    @api.model
    def _get_complaints_query(self, company, column, join=None, types=("complaint",)):
        """Requests that count, as (subject, at)."""
        return SQL(
            """
            SELECT %s AS subject, one.received_at AS at
              FROM crm_complaint one %s
             WHERE one.company_id = %s AND one.type = ANY(%s)
               AND one.state <> 'excluded' AND %s IS NOT NULL
            """,
            column,
            join or SQL(),
            company.id,
            list(types),
            column,
        )

    @api.model
    def _get_product_counted_query(self, company):
        return self._get_complaints_query(company, SQL("one.product_id"))

    @api.model
    def _get_cause_counted_query(self, company):
        """Each cause, and each main cause with all below it."""
        return SQL(
            "%s UNION ALL %s",
            self._get_complaints_query(company, SQL("one.main_cause_id")),
            SQL(
                "SELECT * FROM (%s) sub WHERE sub.subject NOT IN "
                "(SELECT id FROM crm_complaint_cause WHERE parent_id IS NULL)",
                self._get_complaints_query(company, SQL("one.cause_id")),
            ),
        )

    @api.model
    def _get_team_counted_query(self, company):
        return self._get_complaints_query(company, SQL("one.team_id"))

    @api.model
    def _get_region_counted_query(self, company):
        return self._get_complaints_query(
            company,
            SQL("partner.state_id"),
            SQL("JOIN res_partner partner ON partner.id = one.partner_id"),
        )

    @api.model
    def _get_question_counted_query(self, company):
        return self._get_complaints_query(
            company, SQL("one.product_id"), types=QUESTIONS
        )

    @api.model
    def _get_refund_counted_query(self, company):
        """Credit notes with the product, at the beginning of their day."""
        return SQL(
            """
            SELECT line.product_id AS subject,
                   one.invoice_date::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC' AS at
              FROM account_move one
              JOIN account_move_line line ON line.move_id = one.id
             WHERE one.company_id = %s AND one.move_type = 'out_refund'
               AND one.state = 'posted' AND line.product_id IS NOT NULL
             GROUP BY one.id, line.product_id, one.invoice_date
            """,
            company._get_value_timezone(),
            company.id,
        )

    @api.model
    def _get_mark_counted_query(self, company):
        return self._get_marks_query(company, LOW_MARK)

    @api.model
    def _get_mark_exposure_query(self, company):
        return self._get_marks_query(company, 5)

    @api.model
    def _get_marks_query(self, company, highest):
        """Marks of customers up to ``highest``, by the team of their request."""
        return SQL(
            """
            SELECT one.team_id AS subject, one.marked_at AS at
              FROM rating_rating mark
              JOIN crm_complaint one ON one.id = mark.res_id
             WHERE mark.res_model = 'crm.complaint' AND mark.consumed
               AND mark.rating > 0 AND mark.rating <= %s
               AND one.company_id = %s AND one.state <> 'excluded'
            """,
            highest,
            company.id,
        )

    @api.model
    def _get_all_orders_query(self, company):
        """All confirmed orders: what neither cause nor team has of its own."""
        return SQL(
            """
            SELECT NULL::int AS subject, one.date_order AS at FROM sale_order one
             WHERE one.company_id = %s AND one.state = 'sale'
            """,
            company.id,
        )

    @api.model
    def _get_cause_exposure_query(self, company):
        return self._get_all_orders_query(company)

    @api.model
    def _get_product_exposure_query(self, company):
        """Orders of a product, each once however many lines of it there are."""
        return SQL(
            """
            SELECT line.product_id AS subject, one.date_order AS at
              FROM sale_order one
              JOIN sale_order_line line ON line.order_id = one.id
             WHERE one.company_id = %s AND one.state = 'sale'
               AND line.product_id IS NOT NULL
             GROUP BY one.id, line.product_id, one.date_order
            """,
            company.id,
        )

    @api.model
    def _get_region_exposure_query(self, company):
        return SQL(
            """
            SELECT partner.state_id AS subject, one.date_order AS at
              FROM sale_order one
              JOIN res_partner partner ON partner.id = one.partner_id
             WHERE one.company_id = %s AND one.state = 'sale'
               AND partner.state_id IS NOT NULL
            """,
            company.id,
        )

    def _fetch_weeks(self, number):
        """The last weeks of this series: list of (Monday, complaints, orders)."""
        self.ensure_one()
        subject = self._get_subject().id
        counts, orders = (
            self._fetch_series(
                self.company_id, dimension, what, self.week, [subject], number
            )
            for dimension, what in (
                (self.dimension, "counted"),
                (ORDERS_OF.get(self.dimension, self.dimension), "exposure"),
            )
        )
        counts = counts.get(subject, {})
        orders = orders.get(subject) or orders.get(None) or {}
        days = [self.week - WEEK * place for place in reversed(range(number))]
        return [(day, counts.get(day, 0), orders.get(day, 0)) for day in days]

    # ------------------------------------------------------------------ alarming
    @api.model
    def _raise_alarms(self, company, last, findings):
        """New alarms; what somebody deals with already goes on, what is snoozed waits."""
        today = company._get_value_today()
        series = [f"{dimension},{subject}" for dimension, subject in findings]
        known = self.search([("company_id", "=", company.id), ("series", "in", series)])
        raised = self.browse()
        # the narrowest first, then the least likely: one outbreak is one alarm
        for key in sorted(findings, key=self._get_rank(findings)):
            dimension, subject = key
            name = f"{dimension},{subject}"
            vals = self._prepare_alarm_vals(findings[key], last)
            own = known.filtered(lambda one, name=name: one.series == name)
            running = own.filtered(lambda one: one._is_running(today))
            others = own - running[:1]
            if last in others.mapped("week"):
                continue
            if running:
                # the newest figures; its weeks may have more complaints by now
                running[0].write(vals)
            else:
                vals |= {
                    "company_id": company.id,
                    "dimension": dimension,
                    "series": name,
                    SUBJECTS[dimension]: subject,
                    "first_week": last,
                }
                alarm = self.create(vals)
                if alarm._is_explained():
                    alarm.unlink()
                else:
                    raised |= alarm
        return raised

    @api.model
    def _get_rank(self, findings):
        """Key to sort findings by: how narrow they are, then chance."""
        order = self._get_dimensions()
        causes = [subject for dimension, subject in findings if dimension == "cause"]
        below = self.env["crm.complaint.cause"].browse(causes).filtered("parent_id")

        def rank(key):
            dimension, subject = key
            wide = dimension == "cause" and subject not in below.ids
            return order.index(dimension), wide, findings[key].chance, subject

        return rank

    def _is_explained(self):
        """Whether it is the same outbreak as alarms of this week: without what those
        have too many, nothing is more than normal."""
        self.ensure_one()
        model, domain = self._get_evidence()
        others = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("week", "=", self.week),
                ("id", "!=", self.id),
            ]
        )
        same, expected = [], 0
        for other in others:
            other_model, other_domain = other._get_evidence()
            if other_model == model:
                both = Domain(domain) & Domain(other_domain)
                if self.env[model].search_count(both, limit=1):
                    same.append(other_domain)
                    expected += other.expected
        if not same:
            return False
        common = self.env[model].search_count(Domain(domain) & Domain.OR(same))
        return self.count - max(common - expected, 0) < self.limit

    def _is_running(self, today):
        """Whether somebody still has to do with it, so that no second one is raised."""
        self.ensure_one()
        if self.state == "handled":
            return self.capa_id.state in ("planned", "watched")
        if self.state == "snoozed":
            return bool(self.snooze_until) and self.snooze_until >= today
        return self.state == "open"

    @api.model
    def _prepare_alarm_vals(self, finding, last):
        return {
            "week": last,
            "weeks": finding.weeks,
            "count": finding.count,
            "exposure": int(finding.exposure),
            "expected": finding.expected,
            "chance": finding.chance,
            "limit": surveillance.limit(finding.expected, surveillance.OUTLIER),
        }

    def _tell(self):
        """A task for the leader of the team that has most of the complaints, else for a
        quality manager, with the number and what was to be expected."""
        self.ensure_one()
        model, evidence = self._get_evidence()
        found = model == "crm.complaint" and self.env[model]._read_group(
            evidence, ["team_id"], ["__count"], order="__count desc, team_id", limit=1
        )
        leader = found[0][0].user_id if found else self.env["res.users"]
        user = self._find_reader(leader, operation="write")
        if user:
            speaker = self.with_context(lang=user.lang)
            speaker.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.company_id._get_value_today(),
                user_id=user.id,
                summary=speaker.env._(
                    "%(subject)s: %(count)s %(what)s, %(expected)s were to be expected",
                    subject=speaker.display_name,
                    count=self.count,
                    what=speaker._say_what()[0],
                    expected=speaker._format_points(self.expected, 1),
                ),
            )
