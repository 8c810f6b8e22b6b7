from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

# Keys that this module makes begin so; those of others may not.
OWN_KEY = "~"
AUTO_KEY = f"{OWN_KEY}auto:"
NPS_POINTS = {"positive": 100, "neutral": 0, "negative": -100}
COMPANY_LIMITED = ("partner_id", "team_id", "product_id")


class CrmSatisfactionAnswer(models.Model):
    """How answers arrive: many at once from other modules, by hand or by import."""

    _inherit = "crm.satisfaction.answer"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _record(self, vals_list):
        """Record answers. What another module calls, once per batch of events.

        The caller has the right to: this runs in superuser mode, because the customer
        who answers has no user of value. Each event is counted once: a key that is known
        already is passed over, so that replaying costs nothing and a concurrent job does
        no harm. All of them are refused when one is wrong.

        :param vals_list: list of dicts with

            - ``partner_id``: who answered; the customer is the commercial entity
            - ``kind``: a key of :meth:`_get_scales`, and ``answer``: a whole number on
              that scale
            - ``source_key``: names the event for ever, such as "rating.rating,42" or
              "survey.user_input,7:price"; unique per company
            - optionally ``company_id`` (default: the current one), ``date`` (local day of
              the company, default today), ``dimension``, ``user_id`` (default: the
              contact's salesperson), ``team_id`` (default: that of the salesperson),
              ``product_id``, ``comment``, ``document`` ("model,id")
        :return: the answers that were new
        :raise ValidationError: in words, naming the answer at fault
        """
        answers = self.sudo()
        prepared = answers._prepare_answers(vals_list)
        if not prepared:
            return self.browse()
        names = list(prepared[0])
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_satisfaction_answer
                       (%(names)s, create_uid, create_date, write_uid, write_date)
                VALUES %(rows)s
                ON CONFLICT (company_id, source_key) DO NOTHING
                RETURNING id
                """,
                names=SQL(", ").join(map(SQL.identifier, names)),
                rows=SQL(", ").join(
                    SQL("%s", answers._get_insert_values(names, vals))
                    for vals in prepared
                ),
            )
        )
        recorded = self.browse(row[0] for row in rows)
        recorded._mark_value_dirty()
        return recorded

    @api.model
    def _get_insert_values(self, names, vals):
        """A row of the INSERT, as a tuple of what the columns take."""
        values = [
            self._fields[name].convert_to_column_insert(vals[name], self)
            for name in names
        ]
        now = self.env.cr.now()
        return (*values, self.env.uid, now, self.env.uid, now)

    @api.model_create_multi
    def create(self, vals_list):
        """As :meth:`_record`, for what people enter and import.

        An answer that is known already is found again when it says the same, so that a
        file can be imported twice. When it says something else it is refused: which of
        the two is true, nobody but the user knows.
        """
        self.check_access("create")
        prepared = self.sudo()._prepare_answers(vals_list)
        known = self._find_known(prepared)
        keys, new = [], {}
        for vals in prepared:
            key = (vals["company_id"], vals["source_key"])
            earlier = new.get(key) or known.get(key)
            if earlier:
                self._check_same(vals, earlier)
            else:
                new[key] = vals
            keys.append(key)
        created = super().create(list(new.values()))
        created._mark_value_dirty()
        ids = {key: vals["id"] for key, vals in known.items()}
        ids |= dict(zip(new, created.ids, strict=True))
        return self.browse(ids[key] for key in keys)

    @api.model
    def _find_known(self, prepared):
        """(company, key) → values of the answers of these keys that exist."""
        answers = self.sudo().search_read(
            [
                ("company_id", "in", list({vals["company_id"] for vals in prepared})),
                ("source_key", "in", [vals["source_key"] for vals in prepared]),
            ],
            ["company_id", "source_key", "is_withdrawn", *self._get_facts()],
            load=None,
        )
        return {(vals["company_id"], vals["source_key"]): vals for vals in answers}

    @api.model
    def _get_facts(self):
        """Fields in which two tellings of the same event must agree."""
        return ["partner_id", "date", "kind", "dimension", "answer"]

    @api.model
    def _check_same(self, vals, earlier):
        if earlier.get("is_withdrawn"):
            raise ValidationError(
                self.env._(
                    "%(answer)s: the answer of this key was withdrawn. Leave it out, or "
                    "use another key if the customer answered again.",
                    answer=self._describe(vals),
                )
            )
        if any(
            (vals[name] or None) != (earlier[name] or None)
            for name in self._get_facts()
        ):
            raise ValidationError(
                self.env._(
                    "%(answer)s: something else was recorded for it before, %(earlier)s. "
                    "Withdraw that one if it was wrong; if the customer answered twice, "
                    "give each answer a key of its own.",
                    answer=self._describe(vals),
                    earlier=self._describe(earlier),
                )
            )

    # -------------------------------------------------------------- preparation
    @api.model
    def _prepare_answers(self, vals_list):
        """Complete and check what is to be recorded; all dicts get the same keys."""
        self._read_ahead(vals_list)
        prepared = [self._prepare_answer(vals) for vals in vals_list]
        for vals, tier_id in zip(prepared, self._find_tiers(prepared), strict=True):
            vals["tier_id"] = tier_id
        return prepared

    @api.model
    def _read_ahead(self, vals_list):
        """Read what the answers refer to, together, not one by one."""

        def browse(name):
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            return self.env[self._fields[name].comodel_name].browse(sorted(ids))

        partners = browse("partner_id")
        for path in ("user_id", "commercial_partner_id.user_id"):
            partners.mapped(f"{path}.sale_team_id.company_id")
        for name in COMPANY_LIMITED:
            browse(name).mapped("company_id")
        browse("user_id").mapped("sale_team_id.company_id")

    @api.model
    def _prepare_answer(self, vals):
        """One of them, all but the tier."""
        company = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id
        )
        today = company._get_value_today()
        kind = vals.get("kind") or "csat"
        answer = self._get_answer(vals)
        prepared = {
            "company_id": company.id,
            "partner_id": vals.get("partner_id"),
            "date": company._parse_value_day(vals.get("date")) or today,
            "kind": kind,
            "dimension": vals.get("dimension") or False,
            "answer": answer,
            "product_id": vals.get("product_id") or False,
            "comment": (vals.get("comment") or "").strip() or False,
            "document": vals.get("document") or False,
            "is_withdrawn": False,
            **self._prepare_owner(vals, company),
        }
        self._check_answer(prepared, company, today)
        scale = self._get_scales()[kind]
        verdict = scale.get_verdict(answer)
        key = (vals.get("source_key") or "").strip()
        if key.startswith(OWN_KEY):
            raise ValidationError(
                self.env._(
                    "“%(key)s”: a key cannot begin with %(sign)s. Use the number of the "
                    "answer in the system it comes from, or leave the key empty.",
                    key=key,
                    sign=OWN_KEY,
                )
            )
        return prepared | {
            "score": round(100 * (answer - scale.low) / (scale.high - scale.low), 2),
            "verdict": verdict,
            "csat_percent": 100 if (kind, verdict) == ("csat", "positive") else 0,
            "nps_points": NPS_POINTS[verdict] if kind == "nps" else 0,
            "source_key": key or self._get_auto_key(prepared),
        }

    @api.model
    def _get_answer(self, vals):
        """The number that was answered, or None, which is not zero."""
        answer = vals.get("answer")
        if vals.get("choice"):
            answer = int(vals["choice"])
        # an empty cell of an import is False, and False == 0 is the worst NPS
        return None if isinstance(answer, bool) else answer

    @api.model
    def _prepare_owner(self, vals, company):
        """Whose work was rated: the user given, else the contact's salesperson."""
        partner = self.env["res.partner"].browse(vals.get("partner_id") or ())
        user = self.env["res.users"].browse(vals.get("user_id") or ())
        user = user or partner.user_id or partner.commercial_partner_id.user_id
        team_id = vals.get("team_id")
        if not team_id and user.sale_team_id.company_id <= company:
            team_id = user.sale_team_id.id
        return {"user_id": user.id, "team_id": team_id or False}

    @api.model
    def _get_auto_key(self, vals):
        """One answer per contact, day, kind, subject and document."""
        parts = ("partner_id", "date", "kind", "dimension", "document")
        return AUTO_KEY + ":".join(str(vals[name] or "") for name in parts)

    @api.model
    def _find_tiers(self, prepared):
        """Tier ids, in order: what each customer's tier was on the day of the answer.

        As in the metrics: before the first computation nobody had a tier, so there the
        first one that was ever given stands.
        """
        partners = self.env["res.partner"].browse(v["partner_id"] for v in prepared)
        companies = self.env["res.company"].browse(v["company_id"] for v in prepared)
        self.env["crm.value.transition"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT change.to_tier_id
                  FROM unnest(%s::int[], %s::int[], %s::date[]) WITH ORDINALITY
                       AS asked (partner_id, company_id, day, position)
                  LEFT JOIN LATERAL (
                       SELECT to_tier_id FROM crm_value_transition
                        WHERE partner_id = asked.partner_id
                          AND company_id = asked.company_id
                          AND kind = 'tier' AND is_merged IS NOT TRUE
                        ORDER BY date > asked.day,
                                 CASE WHEN date <= asked.day THEN date END DESC,
                                 CASE WHEN date <= asked.day THEN id END DESC, date, id
                        LIMIT 1) change ON TRUE
                 ORDER BY asked.position
                """,
                [partner.commercial_partner_id.id for partner in partners],
                [company._get_value_root().id for company in companies],
                [vals["date"] for vals in prepared],
            )
        )
        return [row[0] or False for row in rows]

    # ------------------------------------------------------------------- checks
    @api.model
    def _check_answer(self, vals, company, today):
        scale = self._get_scales().get(vals["kind"])
        if not vals["partner_id"]:
            raise ValidationError(
                self.env._(
                    "Who answered? Name a contact, by name, e-mail address or reference."
                )
            )
        if not scale:
            raise ValidationError(
                self.env._(
                    "“%(kind)s” is not a kind of answer. Use one of: %(kinds)s.",
                    kind=vals["kind"],
                    kinds=", ".join(self._get_scales()),
                )
            )
        if vals["answer"] is None:
            raise ValidationError(
                self.env._(
                    "%(answer)s: the answer is missing. Leave out rows without one.",
                    answer=self._describe(vals),
                )
            )
        if vals["answer"] not in range(scale.low, scale.high + 1):
            raise ValidationError(
                self.env._(
                    "%(answer)s: %(given)s is not on the scale, %(kind)s is answered in "
                    "whole numbers from %(low)s to %(high)s.",
                    answer=self._describe(vals),
                    given=vals["answer"],
                    kind=self._get_kind_label(vals["kind"]),
                    low=scale.low,
                    high=scale.high,
                )
            )
        if vals["date"] > today:
            raise ValidationError(
                self.env._(
                    "%(answer)s: this date is in the future; today is %(today)s. Check "
                    "how the date is written.",
                    answer=self._describe(vals),
                    today=format_date(self.env, today),
                )
            )
        for name in COMPANY_LIMITED:
            record = self.env[self._fields[name].comodel_name].browse(vals[name] or ())
            if not record.company_id <= company:
                raise ValidationError(
                    self.env._(
                        "%(answer)s: “%(record)s” belongs to another company than "
                        "%(company)s.",
                        answer=self._describe(vals),
                        record=record.display_name,
                        company=company.name,
                    )
                )

    @api.model
    def _describe(self, vals):
        """Which answer a message is about: kind, number, contact and day."""
        answer = "" if vals["answer"] is None else f" {vals['answer']}"
        return self.env._(
            "%(kind)s%(answer)s of %(contact)s on %(date)s",
            kind=self._get_kind_label(vals["kind"]),
            answer=answer,
            contact=self.env["res.partner"]
            .sudo()
            .browse(vals["partner_id"])
            .display_name,
            date=format_date(self.env, vals["date"]),
        )

    def _mark_value_dirty(self):
        """Have the value of these customers recomputed, where satisfaction counts."""
        for company, answers in self.sudo().grouped("company_id").items():
            policy = (
                self.env["crm.value.policy"]
                .sudo()
                ._find_for_company(company, company._get_value_today())
            )
            if policy.weight_satisfaction:
                self.env["crm.value.dirty"]._mark(answers.partner_id.ids, company.ids)
