from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.crm_value_tiering.tests.common import ALL, NOTHING, READ

from .common import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestSatisfactionRecord(SatisfactionCommon):
    """What other modules tell: once, on the scale, with the tier of the day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer(user_id=cls.seller.id)
        cls.contact = cls._create_customer("Buyer", parent_id=cls.customer.id)

    def _tell(self, **vals):
        return self.answers._record(
            [
                {
                    "partner_id": self.contact.id,
                    "kind": "csat",
                    "answer": 4,
                    "date": self.as_of,
                    "source_key": "rating.rating,42",
                    **vals,
                }
            ]
        )

    def test_recorded(self):
        team = self.env["crm.team"].create(
            {"name": "Team", "member_ids": [Command.set(self.seller.ids)]}
        )
        answer = self._tell(
            comment=" Fine ", dimension="price", product_id=self.product.id
        )
        self.assertRecordValues(
            answer,
            [
                {
                    "company_id": self.company.id,
                    "partner_id": self.contact.id,
                    "customer_id": self.customer.id,
                    "date": self.as_of,
                    "kind": "csat",
                    "dimension": "price",
                    "answer": 4,
                    "answer_text": "4 of 5",
                    "score": 75,
                    "verdict": "positive",
                    "csat_percent": 100,
                    "nps_points": 0,
                    "comment": "Fine",
                    "user_id": self.seller.id,
                    "team_id": team.id,
                    "product_id": self.product.id,
                    "source_key": "rating.rating,42",
                    "is_withdrawn": False,
                }
            ],
        )
        self.assertEqual(
            answer.display_name, f"CSAT 4 of 5, {self.contact.display_name}"
        )

    def test_scales(self):
        """Every answer of both scales gets the verdict of the standard definition."""
        verdicts = {
            "csat": ["negative"] * 2 + ["neutral"] + ["positive"] * 2,
            "nps": ["negative"] * 7 + ["neutral"] * 2 + ["positive"] * 2,
        }
        points = {"positive": 100, "neutral": 0, "negative": -100}
        words = {
            "csat": ("Satisfied", "Neutral", "Dissatisfied"),
            "nps": ("Promoter", "Passive", "Detractor"),
        }
        for kind, expected in verdicts.items():
            low = 1 if kind == "csat" else 0
            for number, verdict in enumerate(expected, start=low):
                answer = self._say(self.contact, number, kind)
                csat, nps = max(points[verdict], 0), points[verdict]
                with self.subTest(kind=kind, answer=number):
                    self.assertEqual(answer.verdict, verdict)
                    self.assertEqual(
                        answer.verdict_text, words[kind][list(points).index(verdict)]
                    )
                    self.assertEqual(answer.csat_percent, csat * (kind == "csat"))
                    self.assertEqual(answer.nps_points, nps * (kind == "nps"))
        self.assertEqual(self._say(self.contact, 1).score, 0)
        self.assertEqual(self._say(self.contact, 10, "nps").score, 100)
        self.assertEqual(self._say(self.contact, 3, "nps").score, 30)

    def test_totals(self):
        """A group of both kinds has both figures, each of its own answers."""
        for answer in (5, 4, 1):
            self._say(self.contact, answer)
        for answer in (10, 9, 9, 3):
            self._say(self.contact, answer, "nps")
        [total] = self.answers._read_group(
            [("partner_id", "=", self.contact.id)],
            [],
            ["csat_percent:avg", "nps_points:avg", "score:avg", "__count"],
        )
        self.assertAlmostEqual(total[0], 200 / 3)
        self.assertEqual(total[1], 50)
        self.assertEqual(total[3], 7)
        groups = self.answers._read_group(
            [("partner_id", "=", self.contact.id)],
            ["customer_id"],
            ["nps_points:avg"],
        )
        self.assertEqual(groups, [(self.customer, 50)])

    def test_told_again(self):
        first = self._tell()
        self.assertFalse(self._tell())
        self.assertFalse(self._tell(answer=1), "the first telling holds")
        self.assertEqual(first.answer, 4)
        other = self._create_company("Value Test Other Company")
        self.assertTrue(self._tell(company_id=other.id), "keys are unique per company")

    def test_twice_in_one_batch(self):
        vals = {"partner_id": self.contact.id, "answer": 4, "source_key": "once"}
        self.assertEqual(len(self.answers._record([vals, dict(vals)])), 1)

    def test_refused_in_words(self):
        stranger = self._create_customer(
            company_id=self._create_company("Value Test Other Company").id
        )
        for vals, message in (
            ({"answer": 0}, "0 is not on the scale, CSAT is answered .* from 1 to 5"),
            ({"answer": 6}, "6 is not on the scale"),
            ({"answer": 4.5}, "4.5 is not on the scale.* whole numbers"),
            ({"answer": 11, "kind": "nps"}, "NPS is answered in whole .* 0 to 10"),
            ({"answer": None, "kind": "nps"}, "the answer is missing"),
            ({"answer": False, "kind": "nps"}, "the answer is missing"),
            ({"kind": "stars"}, "“stars” is not a kind of answer. Use one of: csat"),
            ({"partner_id": False}, "Who answered?"),
            ({"date": self.as_of + timedelta(days=10000)}, "date is in the future"),
            ({"source_key": "~auto:1"}, "a key cannot begin with ~"),
            ({"partner_id": stranger.id}, "belongs to another company"),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, message),
            ):
                self._tell(**vals)
        self.assertFalse(self.answers.search([("partner_id", "=", self.contact.id)]))

    def test_one_wrong_refuses_all(self):
        vals = {"partner_id": self.contact.id, "answer": 4, "source_key": "right"}
        with self.assertRaises(ValidationError):
            self.answers._record([vals, {**vals, "answer": 9, "source_key": "wrong"}])
        self.assertFalse(self.answers.search([("source_key", "=", "right")]))

    def test_owner(self):
        """Who is named, else the contact's salesperson, else the company's."""
        other = self._create_user("other_seller", "sales_team.group_sale_salesman")
        self.assertEqual(self._tell().user_id, self.seller)
        self.contact.user_id = other
        self.assertEqual(self._tell(source_key="2").user_id, other)
        named = self._tell(source_key="3", user_id=self.manager.id)
        self.assertEqual(named.user_id, self.manager)

    def test_today_is_the_company_s(self):
        answer = self.answers._record(
            [{"partner_id": self.contact.id, "answer": 4, "source_key": "now"}]
        )
        self.assertEqual(answer.date, self.company._get_value_today())

    def test_tier_of_the_day(self):
        """The tier before, on and after a change; before the first one, the first."""
        best = self._ladder()[3]
        first = self.as_of - timedelta(days=60)
        self._run(first)
        tier_then = self._profile(best).tier_id
        override = {"partner_id": best.id, "tier_id": self.tier_low.id, "reason": "x"}
        self.assertIn(tier_then, self.tier_high + self.tier_mid)
        self.env["crm.value.override"].create(override)
        today = self.company._get_value_today()
        for day, tier in (
            (first - timedelta(days=500), tier_then),
            (first, tier_then),
            (today - timedelta(days=1), tier_then),
            (today, self.tier_low),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._say(best, 5, day=day).tier_id, tier)
        self.assertFalse(self._say(self.contact, 5).tier_id)

    def test_cost(self):
        """The number of statements does not grow with the number of answers."""
        customers = self.env["res.partner"].create(
            [{"name": f"Value Test Asked {number}"} for number in range(200)]
        )

        def tell(customers, prefix):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            recorded = self.answers._record(
                [
                    {
                        "partner_id": customer.id,
                        "answer": 5,
                        "source_key": f"{prefix}{customer.id}",
                    }
                    for customer in customers
                ]
            )
            self.assertEqual(len(recorded), len(customers))
            return self.cr.sql_log_count - before

        tell(customers[:1], "warm")
        self.assertLessEqual(tell(customers, "many"), tell(customers[:2], "few"))


@tagged("post_install", "-at_install")
class TestSatisfactionImport(SatisfactionCommon):
    """Odoo's own import, as a manager uses it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer(
            "Value Test Asked", email="asked@example.com"
        )
        cls.fields = ["partner_id", "date", "kind", "answer", "dimension", "source_key"]

    def _load(self, *rows, columns=None):
        answers = self.answers.with_user(self.manager)
        return answers.load(columns or self.fields, [list(row) for row in rows])

    def _count(self):
        return self.answers.search_count([("partner_id", "=", self.customer.id)])

    def test_rows(self):
        result = self._load(
            ("asked@example.com", "2026-03-31", "CSAT", "5", "", "a"),
            ("Value Test Asked", "2026-03-31", "nps", "0", "", "b"),
            ("Value Test Asked", "2026-03-31", "CSAT", "2", "Price", "c"),
        )
        self.assertFalse(result["messages"])
        self.assertRecordValues(
            self.answers.browse(result["ids"]),
            [
                {"kind": "csat", "answer": 5, "dimension": False, "source_key": "a"},
                {"kind": "nps", "answer": 0, "dimension": False, "source_key": "b"},
                {"kind": "csat", "answer": 2, "dimension": "price", "source_key": "c"},
            ],
        )

    def test_bad_rows(self):
        """Each bad row says what is wrong with it, and no row is imported."""
        result = self._load(
            ("asked@example.com", "2026-03-31", "CSAT", "5", "", "a"),
            ("asked@example.com", "2026-03-31", "NPS", "", "", "b"),
            ("asked@example.com", "2026-03-31", "CSAT", "9", "", "c"),
            ("", "2026-03-31", "CSAT", "3", "", "d"),
        )
        self.assertFalse(result["ids"])
        messages = {m["rows"]["from"]: m["message"] for m in result["messages"]}
        self.assertIn("the answer is missing", messages[1])
        self.assertIn("9 is not on the scale", messages[2])
        self.assertIn("Who answered?", messages[3])
        self.assertEqual(set(messages), {1, 2, 3})
        self.assertEqual(self._count(), 0)

    def test_two_of_that_name(self):
        """Odoo would take the first one, and nobody could move the answer afterwards."""
        twin = self._create_customer("Value Test Asked", ref="T2")
        row = ("2026-03-31", "CSAT", "5", "", "")
        result = self._load(("asked@example.com", *row), ("Value Test Asked", *row))
        self.assertFalse(result["ids"])
        [message] = result["messages"]
        self.assertEqual((message["type"], message["rows"]["from"]), ("error", 1))
        self.assertIn("multiple matches", message["message"])
        self.assertIn("by e-mail address, reference", message["message"])
        self.assertEqual(self._count(), 0)
        result = self._load(("asked@example.com", *row), ("T2", *row))
        self.assertEqual(
            self.answers.browse(result["ids"]).partner_id, self.customer | twin
        )

    def test_same_file_again(self):
        """With keys, without, and with external ids: nothing is told twice."""
        keyed = ("asked@example.com", "2026-03-31", "CSAT", "5", "", "a")
        plain = ("asked@example.com", "2026-03-31", "NPS", "9", "", "")
        first = self._load(keyed, plain)
        again = self._load(keyed, plain)
        self.assertEqual(again["ids"], first["ids"])
        named = ["id", *self.fields]
        row = ("my.answer_1", "asked@example.com", "2026-04-01", "CSAT", "5", "", "")
        first = self._load(row, columns=named)
        again = self._load(row, columns=named)
        self.assertTrue(first["ids"])
        self.assertEqual(again["ids"], first["ids"])
        self.assertEqual(self._count(), 3)
        changed = self._load((*row[:4], "1", "", ""), columns=named)
        self.assertIn("cannot be changed", changed["messages"][0]["message"])

    def test_twice_in_one_file(self):
        row = ("asked@example.com", "2026-03-31", "CSAT", "5", "", "")
        result = self._load(row, row)
        self.assertFalse(result["messages"])
        self.assertEqual(self._count(), 1)

    def test_another_answer_of_the_same_key(self):
        row = ("asked@example.com", "2026-03-31", "CSAT", "5", "", "")
        self._load(row)
        for key in ("", "a"):
            self._load((*row[:5], key))
            result = self._load((*row[:3], "1", "", key))
            with self.subTest(key=key):
                self.assertFalse(result["ids"])
                self.assertIn(
                    "something else was recorded for it before, CSAT 5",
                    result["messages"][0]["message"],
                )
        self.assertEqual(self._count(), 2)

    def test_corrected(self):
        """Withdrawn, the right answer can be imported without a key; a known event not."""
        row = ("asked@example.com", "2026-03-31", "CSAT", "1", "")
        for key in ("", "a"):
            answer = self.answers.browse(self._load((*row, key))["ids"])
            answer.with_user(self.manager)._withdraw("Typing error")
        right = self._load(("asked@example.com", "2026-03-31", "CSAT", "5", "", ""))
        self.assertEqual(self.answers.browse(right["ids"]).answer, 5)
        result = self._load((*row, "a"))
        self.assertIn("was withdrawn", result["messages"][0]["message"])

    def test_template(self):
        """The template is read by Odoo's import, with every column recognised."""
        [template] = self.answers.get_import_templates()
        path = template["template"].removeprefix("/")
        with file_open(path, "rb") as file:
            content = file.read()
        wizard = (
            self.env["base_import.import"]
            .with_user(self.manager)
            .create(
                {
                    "res_model": "crm.satisfaction.answer",
                    "file": content,
                    "file_name": "crm_satisfaction.xlsx",
                    "file_type": "application/vnd.openxmlformats-officedocument"
                    ".spreadsheetml.sheet",
                }
            )
        )
        options = {"has_headers": True, "sheet": "", "quoting": '"', "separator": ","}
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        matches = [
            preview["matches"][column][0] for column in range(len(preview["headers"]))
        ]
        self.assertEqual(
            matches,
            [
                "partner_id",
                "date",
                "kind",
                "answer",
                "dimension",
                "comment",
                "user_id",
                "team_id",
                "product_id",
                "source_key",
            ],
        )
        self._create_customer("Value Test Template", email="info@example.com")
        self._create_customer("Jane Doe")
        result = wizard.execute_import(
            [name if name in self.answers._fields else False for name in matches],
            preview["headers"],
            {**preview["options"], "has_headers": True},
        )
        self.assertFalse(
            [m for m in result["messages"] if m["type"] == "error"], result["messages"]
        )
        self.assertEqual(
            [answer.answer for answer in self.answers.browse(result["ids"])], [5, 3, 9]
        )

    def test_entered_by_hand(self):
        answers = self.answers.with_user(self.manager)
        with Form(answers) as form:
            form.partner_id = self.customer
            form.kind = "nps"
            form.choice = "0"
        self.assertRecordValues(
            form.record, [{"kind": "nps", "answer": 0, "verdict": "negative"}]
        )
        with self.assertRaises(AssertionError), Form(answers) as form:
            form.partner_id = self.customer  # no answer chosen


@tagged("post_install", "-at_install")
class TestSatisfactionGuard(SatisfactionCommon):
    """An answer stays as it was given."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Value Test Firm", is_company=True)
        cls.person = cls._create_customer(
            "Value Test Person", parent_id=cls.customer.id
        )
        cls.answer = cls._say(
            cls.person,
            2,
            comment="Call me, Jo",
            document=f"res.partner,{cls.person.id}",
        )

    def test_python(self):
        answer = self.answer.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            answer.answer = 5
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            self.answer.unlink()
        self.assertTrue(answer.write({"answer": 2}), "the same again is no change")

    def test_database(self):
        """Not by SQL either, nor by a module in superuser mode."""
        for statement in (
            "UPDATE crm_satisfaction_answer SET answer = 5",
            "UPDATE crm_satisfaction_answer SET score = 100",
            "UPDATE crm_satisfaction_answer SET date = date - 1",
            "UPDATE crm_satisfaction_answer SET comment = 'Well done'",
            f"UPDATE crm_satisfaction_answer SET user_id = {self.manager.id}",
            f"UPDATE crm_satisfaction_answer SET tier_id = {self.tier_low.id}",
            "DELETE FROM crm_satisfaction_answer",
        ):
            with (
                self.subTest(statement=statement),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(psycopg2.Error, "withdraw it instead"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"{statement} WHERE id = %s", [self.answer.id])
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.Error),
            self.env.cr.savepoint(),
        ):
            self.answer.sudo().answer = 5
            self.env.flush_all()

    def test_scale_in_the_database(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "INSERT INTO crm_satisfaction_answer"
                " (company_id, date, kind, answer, source_key) VALUES"
                " (%s, '2026-01-01', 'csat', 0, 'raw')",
                [self.company.id],
            )

    def test_withdraw(self):
        wizard = self.env["crm.satisfaction.withdraw"].with_user(self.manager)
        action = self.answer.with_user(self.manager).action_withdraw()
        wizard = wizard.with_context(**action["context"]).create({"reason": " "})
        with self.assertRaisesRegex(UserError, "Enter a reason"):
            wizard.action_withdraw()
        wizard.reason = "Another customer's"
        wizard.action_withdraw()
        self.assertRecordValues(
            self.answer,
            [
                {
                    "is_withdrawn": True,
                    "withdrawn_by_id": self.manager.id,
                    "withdrawal_reason": "Another customer's",
                    "answer": 2,
                }
            ],
        )
        self.answer.with_user(self.manager)._withdraw("Again")
        self.assertEqual(self.answer.withdrawal_reason, "Another customer's")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.Error),
            self.env.cr.savepoint(),
        ):
            self.answer.sudo().is_withdrawn = False
            self.env.flush_all()

    def test_what_it_names_is_deleted(self):
        """Team, salesperson and product can go, as with Odoo's orders; the answer stays."""
        team = self.env["crm.team"].create({"name": "Value Test Team"})
        user = self._create_user("gone", "sales_team.group_sale_salesman")
        product = self.env["product.product"].create({"name": "Value Test Gone"})
        answer = self._say(
            self.person, 4, user_id=user.id, team_id=team.id, product_id=product.id
        )
        answer.with_user(self.manager)._withdraw("Typing error")
        for record in (team, product, user):
            record.unlink()
        answer.invalidate_recordset()
        self.assertFalse(answer.user_id or answer.team_id or answer.product_id)
        self.assertEqual(answer.answer, 4)

    def test_company_stays(self):
        """Its answers cannot be deleted, so it is archived: a sentence says so."""
        company = self._create_company("Value Test Closed Company")
        self._say(self.person, 4, company_id=company.id)
        with self.assertRaisesRegex(
            UserError, "Value Test Closed Company cannot.*Archive it instead"
        ):
            company.unlink()

    # ----------------------------------------------------------------- privacy
    def _assert_forgotten(self, answer, partner):
        answer.invalidate_recordset()
        self.assertFalse(answer.document)
        self.assertRecordValues(
            answer,
            [
                {
                    "partner_id": partner.id,
                    "comment": False,
                    "answer": 2,
                    "source_key": f"~erased:{answer.id}",
                }
            ],
        )

    def test_erase(self):
        """The number stays with the company, without the words."""
        self.answer.with_user(self.manager).action_erase()
        self._assert_forgotten(self.answer, self.customer)

    def test_erase_somebody_without_a_company(self):
        single = self._say(self._create_customer(), 2, comment="Jo")
        single.with_user(self.manager).action_erase()
        self._assert_forgotten(single, self.env["res.partner"])

    def test_contact_deleted(self):
        self.person.unlink()
        self._assert_forgotten(self.answer, self.customer)

    def test_customer_deleted(self):
        (self.person | self.customer).unlink()
        self._assert_forgotten(self.answer, self.env["res.partner"])

    def test_deleted_by_sql(self):
        """Even then nothing that points to the person remains."""
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [self.person.id])
        self._assert_forgotten(self.answer, self.env["res.partner"])

    # ------------------------------------------------------------------- merge
    def test_merge(self):
        heir = self._create_customer("Value Test Heir")
        row = ["Value Test Firm", "2026-03-31", "CSAT", "5"]
        columns = ["partner_id", "date", "kind", "answer"]
        [imported] = self.answers.load(columns, [row])["ids"]
        colleague = self._create_customer("Colleague", parent_id=self.customer.id)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((heir | self.customer).ids, heir)
        wizard._merge((colleague | self.person).ids, colleague)
        self.assertEqual(self.answer.document, colleague)
        self.assertEqual(self.answers.browse(imported).partner_id, heir)
        self.assertEqual(self.answer.customer_id, heir)
        again = self.answers.load(columns, [["Value Test Heir", *row[1:]]])
        self.assertEqual(again["ids"], [imported], "no second time under the new name")

    def test_merge_of_two_who_answered(self):
        """Both answers stay: two people were asked."""
        heir = self._create_customer("Value Test Heir")
        ids = []
        for name, answer in (("Value Test Heir", "1"), ("Value Test Firm", "5")):
            row = [name, "2026-03-31", "CSAT", answer]
            columns = ["partner_id", "date", "kind", "answer"]
            ids += self.answers.load(columns, [row])["ids"]
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((heir | self.customer).ids, heir)
        answers = self.answers.browse(ids)
        self.assertEqual(answers.partner_id, heir)
        self.assertEqual(answers.mapped("answer"), [1, 5])


@tagged("post_install", "-at_install")
class TestSatisfactionAccess(SatisfactionCommon):
    """Users read, managers record, withdraw and erase, others see nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer()
        cls.answer = cls._say(cls.customer, 2, comment="Secret")

    def test_rights_of_each_role(self):
        rights = {
            # without the right to write a form has no button to save a new answer;
            # what is saved write() refuses to change, see TestSatisfactionGuard
            "crm.satisfaction.answer": (READ, ("read", "write", "create")),
            "crm.satisfaction.withdraw": (NOTHING, ALL),
        }
        self._check_rights("crm_satisfaction", rights)

    def test_forgotten_with_the_contact(self):
        """An answer loses the contact, and all that leads back to them."""
        answers = {"crm.satisfaction.answer"}
        self.assertEqual(self._check_forgotten("crm_satisfaction", answers), answers)

    def test_refused_to_sellers(self):
        answer = self.answer.with_user(self.seller)
        self.assertEqual(answer.comment, "Secret")
        for method in ("action_erase", "_withdraw"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(answer, method)(*(["x"] if method == "_withdraw" else []))
        with self.assertRaises(AccessError):
            self.answers.with_user(self.seller).create(
                {"partner_id": self.customer.id, "answer": 3}
            )

    def test_other_company(self):
        other = self._create_company("Value Test Other Company")
        foreigner = self._create_user(
            "satisfaction_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        foreign = self.env(user=foreigner, context={"allowed_company_ids": other.ids})
        answers = foreign["crm.satisfaction.answer"]
        self.assertFalse(answers.search([("id", "=", self.answer.id)]))
        for method in ("action_erase", "action_withdraw"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                answer = answers.browse(self.answer.id)
                if method == "action_erase":
                    answer.action_erase()
                else:
                    answer._withdraw("x")
        with self.assertRaises(AccessError):
            answers.create(
                {
                    "partner_id": self.customer.id,
                    "answer": 3,
                    "company_id": self.company.id,
                }
            )

    def test_bi_reads_no_words(self):
        bi = self._create_user("satisfaction_bi", "crm_value_tiering.group_value_bi")
        answer = self.answer.with_user(bi)
        self.assertEqual(answer.read(["answer", "verdict"])[0]["answer"], 2)
        for name in ("comment", "document"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                answer.read([name])


@tagged("post_install", "-at_install")
class TestSatisfactionUi(SatisfactionCommon, HttpCase):
    def test_enter_and_withdraw(self):
        customer = self._ladder()[3]
        self._run()
        self.start_tour("/odoo", "crm_satisfaction", login="value_manager")
        self.assertRecordValues(
            self.answers.search([("partner_id", "=", customer.id)]),
            [
                {
                    "kind": "csat",
                    "answer": 2,
                    "comment": "Nobody called back",
                    "tier_id": self.tier_mid.id,
                    "is_withdrawn": True,
                    "withdrawal_reason": "Another customer said so",
                }
            ],
        )
