from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from .crm_satisfaction_answer import MAX_KEY

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
        prepared = answers._judge(vals_list)
        self._raise_refusal(prepared)
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
        judged = self._judge(vals_list)
        new, known = self._match(judged)
        self._raise_refusal(judged)
        created = super().create(list(new.values()))
        created._mark_value_dirty()
        ids = {key: vals["id"] for key, vals in known.items()}
        ids |= dict(zip(new, created.ids, strict=True))
        return self.browse(ids[self._get_key(vals)] for vals in judged)

    @api.model
    def _match(self, judged):
        """Tell what is new from what is known; what contradicts it becomes its error.

        :param judged: see :meth:`_judge`; changed in place
        :return: new and known answers, each a dict of (company, key) → values
        """
        prepared = [one for one in judged if not isinstance(one, UserError)]
        known, new = self._find_known(prepared), {}
        for place, vals in enumerate(judged):
            if isinstance(vals, UserError):
                continue
            earlier = new.setdefault(
                self._get_key(vals), known.get(self._get_key(vals), vals)
            )
            if earlier is not vals:
                judged[place] = self._attempt(self._check_same, vals, earlier) or vals
        return {key: vals for key, vals in new.items() if key not in known}, known

    @api.model
    def _get_key(self, vals):
        return vals["company_id"], vals["source_key"]

    @api.model
    def _attempt(self, check, *args):
        """What ``check`` returns, or the error it raises."""
        try:
            return check(*args)
        except UserError as error:
            return error

    @api.model
    def _raise_refusal(self, judged):
        for one in judged:
            if isinstance(one, UserError):
                raise one

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
        # what a message says of it must not be news to the user
        if not self.browse(vals["id"] for vals in answers).has_access("read"):
            raise AccessError(self._get_hidden_text())
        return {self._get_key(vals): vals for vals in answers}

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
    def _judge(self, vals_list):
        """Complete and check what is to be recorded, each answer for itself.

        Rights are checked as the user, before anything is read as superuser, so that no
        message can name what the user may not see.

        :return: list, one per answer: its values, all dicts with the same keys, or the
            error that refuses it
        """
        judged = [self._attempt(self._check_values, vals) for vals in vals_list]
        asked = [
            vals for vals, error in zip(vals_list, judged, strict=True) if not error
        ]
        seen = self._attempt(self._check_readable, asked) is None
        answers = self.sudo()
        if seen:
            answers._read_ahead(asked)
        for place, vals in enumerate(vals_list):
            if not judged[place] and not seen:
                judged[place] = self._attempt(self._check_readable, [vals])
            if not judged[place]:
                judged[place] = self._attempt(answers._prepare_answer, vals)
        prepared = [one for one in judged if not isinstance(one, UserError)]
        for vals, tier_id in zip(prepared, answers._find_tiers(prepared), strict=True):
            vals["tier_id"] = tier_id
        return judged

    @api.model
    def _read_ahead(self, vals_list):
        """Read what the answers refer to, together, not one by one."""

        def browse(name):
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            return self.env[self._fields[name].comodel_name].browse(sorted(ids))

        partners = browse("partner_id")
        for path in ("user_id", "commercial_partner_id.user_id"):
            partners.mapped(f"{path}.sale_team_id.company_id")
            partners.mapped(f"{path}.company_ids")
        for name in COMPANY_LIMITED:
            browse(name).mapped("company_id")
        browse("user_id").mapped("sale_team_id.company_id")
        browse("user_id").mapped("company_ids")

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
        if user and not self._is_salesperson(user, company):
            raise ValidationError(
                self.env._(
                    "“%(user)s” is no salesperson of %(company)s: answers are about the "
                    "work of internal users who belong to the company.",
                    user=user.display_name,
                    company=company.name,
                )
            )
        own = partner.user_id or partner.commercial_partner_id.user_id
        user = user or own.filtered(lambda one: self._is_salesperson(one, company))
        team_id = vals.get("team_id")
        if not team_id and user.sale_team_id.company_id <= company:
            team_id = user.sale_team_id.id
        return {"user_id": user.id, "team_id": team_id or False}

    @api.model
    def _is_salesperson(self, user, company):
        return not user.share and company in user.company_ids

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
    def _check_values(self, vals):
        result = super()._check_values(vals)
        self._check_limits(vals)
        if len(vals.get("source_key") or "") > MAX_KEY:
            raise ValidationError(
                self.env._(
                    "The key of an answer has at most %(count)s characters: use its "
                    "number in the system it comes from.",
                    count=MAX_KEY,
                )
            )
        return result

    @api.model
    def _is_value(self, name, value):
        if name == "kind":  # refused later, with the kinds there are
            return isinstance(value, str)
        return super()._is_value(name, value)

    @api.model
    def _check_readable(self, vals_list):
        """Nobody learns about a company or record by recording an answer about it."""
        companies = {
            vals.get("company_id") or self.env.company.id for vals in vals_list
        }
        readable = self.env.su or companies <= set(self.env.companies.ids)
        for name in (*COMPANY_LIMITED, "user_id"):
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            records = self.env[self._fields[name].comodel_name].browse(ids)
            readable = readable and len(records.exists()) == len(ids)
            readable = readable and records.has_access("read")
        documents = {vals["document"] for vals in vals_list if vals.get("document")}
        by_model = {}
        for model, res_id in (document.split(",") for document in documents):
            by_model.setdefault(model, []).append(int(res_id))
        for model, ids in by_model.items():
            readable = readable and self.env[model].browse(ids).has_access("read")
        if not readable:
            raise AccessError(self._get_hidden_text())

    @api.model
    def _get_hidden_text(self):
        return self.env._(
            "You can only record answers about contacts, people, teams, products and "
            "documents that you may read, for the companies chosen at the top right."
        )

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
        contact = self.env["res.partner"].browse(vals["partner_id"] or ())
        return self.env._(
            "%(kind)s%(answer)s of %(contact)s on %(date)s",
            kind=self._get_kind_label(vals["kind"]),
            answer=answer,
            contact=contact.display_name if contact.has_access("read") else "–",
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
