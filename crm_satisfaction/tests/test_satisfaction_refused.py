from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestSatisfactionRefused(SatisfactionCommon):
    """What is refused, in which words, and what these words must not tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer(
            "Value Test Asked", email="asked@test.example"
        )
        cls.answers = cls.answers.with_user(cls.manager)
        cls.other = cls._create_company("Value Test Other Company")
        secret = {"company_id": cls.other.id}
        cls.foreign = cls._create_customer("SECRET customer", **secret)
        cls.foreign_team = cls.env["crm.team"].create({"name": "SECRET team", **secret})
        cls.foreign_user = cls._create_user(
            "secret_user",
            "sales_team.group_sale_salesman",
            name="SECRET user",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )
        cls.secret = cls.env["crm.satisfaction.answer"].create(
            {
                "company_id": cls.other.id,
                "partner_id": cls.foreign.id,
                "answer": 1,
                "date": "2026-06-01",
                "source_key": "secret-1",
            }
        )

    def _create(self, **vals):
        return self.answers.create({"partner_id": self.customer.id, "answer": 4} | vals)

    # ------------------------------------------------------- what nobody may learn
    def test_another_company(self):
        """Neither what was answered there, nor who, nor that anybody did."""
        count = self.env["crm.satisfaction.answer"].search_count([])
        document = f"res.partner,{self.foreign.id}"
        for vals in (
            {"company_id": self.other.id, "partner_id": self.foreign.id, "answer": 2,
             "date": "2026-06-01", "source_key": "secret-1"},
            {"company_id": self.other.id, "partner_id": self.foreign.id, "answer": 1,
             "date": "2026-06-01", "source_key": "secret-1"},
            {"company_id": self.other.id},
            {"company_id": 10**6},
            {"partner_id": self.foreign.id, "answer": None},
            {"partner_id": 10**9},
            {"team_id": self.foreign_team.id},
            {"document": document},
        ):  # fmt: skip
            self.env.invalidate_all()
            with self.subTest(vals=vals), self.assertRaises(AccessError) as caught:
                self._create(**vals)
            self.assertNotIn("SECRET", str(caught.exception))
            self.assertIn("You can only record answers", str(caught.exception))
        self.assertEqual(self.env["crm.satisfaction.answer"].search_count([]), count)

    def test_import_of_another_company(self):
        row = ["SECRET customer", "2026-06-01", "CSAT", "", "secret-1"]
        fields = ["partner_id", "date", "kind", "answer", "source_key"]
        messages = self.answers.load(fields, [row])["messages"]
        self.assertIn("No matching record found", messages[0]["message"])
        by_id = [str(self.foreign.id), *row[1:]]
        messages = self.answers.load(["partner_id/.id", *fields[1:]], [by_id])[
            "messages"
        ]
        self.assertIn("You can only record answers", messages[0]["message"])

    def test_a_known_answer_of_somebody_hidden(self):
        """Its key is known here, its contact is not: no name."""
        told = self._create(source_key="k")
        self.customer.company_id = self.other
        self.customer.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "CSAT 4 of – on") as caught:
            self.answers.create(
                {
                    "partner_id": self._create_customer("Somebody").id,
                    "answer": 3,
                    "source_key": told.source_key,
                }
            )
        self.assertNotIn(self.customer.name, str(caught.exception))

    # -------------------------------------------------------------- wrong values
    def test_wrong_values(self):
        for vals, message in (
            ({"comment": 5}, "no value for “Comment”"),
            ({"comment": "a\0b"}, "no value for “Comment”"),
            ({"source_key": 5}, "no value for “Key”"),
            ({"source_key": "k" * 10_000}, "at most 250 characters"),
            ({"document": "x"}, "no value for “Document”"),
            ({"document": "no.such.model,1"}, "no value for “Document”"),
            ({"document": "res.partner,x"}, "no value for “Document”"),
            ({"choice": "x"}, "no value for “Answer Given”"),
            ({"dimension": "x"}, "no value for “About”"),
            ({"kind": ["csat"]}, "no value for “Kind”"),
            ({"kind": "x"}, "not a kind of answer"),
            ({"partner_id": "x"}, "no value for “Contact”"),
            ({"partner_id": [1]}, "no value for “Contact”"),
            ({"partner_id": -1}, "no value for “Contact”"),
            ({"partner_id": True}, "no value for “Contact”"),
            ({"company_id": "x"}, "no value for “Company”"),
            ({"user_id": {"id": 1}}, "no value for “Salesperson”"),
            ({"product_id": 2**40}, "no value for “Product”"),
            ({"answer": "many"}, "must be between"),
            ({"answer": float("nan")}, "must be between"),
            ({"answer": 4.5}, "not on the scale"),
            ({"date": "2026-13-45"}, "must be between"),
            ({"date": 5}, "must be between"),
            ({"date": "0001-01-01"}, "must be between"),
        ):
            with (
                self.subTest(vals=str(vals)[:50]),
                self.assertRaisesRegex(ValidationError, message),
                self.env.cr.savepoint(),
            ):
                self._create(**vals)
            if not {"choice", "kind"} & vals.keys():
                with self.subTest(told=str(vals)[:50]), self.assertRaises(UserError):
                    self._say(self.customer, **({"answer": 4} | vals))

    def test_whose_work_was_rated(self):
        """Internal users of the company, also when they are found by the contact."""
        portal = self._create_user("asked_portal", "base.group_portal")
        for user in (portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._say(self.customer, 4, user_id=user.id)
        with self.assertRaisesRegex(ValidationError, "is no salesperson of Value Test"):
            self._say(self.customer, 4, user_id=self.foreign_user.id)
        self.customer.user_id = self.foreign_user
        self.assertFalse(self._say(self.customer, 4).user_id)
        self.customer.user_id = self.seller
        self.assertEqual(self._say(self.customer, 4).user_id, self.seller)

    def test_no_document_to_open(self):
        with self.assertRaisesRegex(UserError, "without a document"):
            self._create().action_open_document()

    def test_writing(self):
        """First the right, then the rule; a wrong value is a change like any other."""
        answer = self._create(user_id=self.seller.id)
        for user in (self.seller, self.outsider, self.portal):
            for vals in ({"answer": 5}, {"answer": 4}, {"no_such_field": 1}, {}):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    answer.with_user(user).write(vals)
        for vals in ({"user_id": "x"}, {"document": "x"}, {"no_such_field": 1}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "changed"):
                answer.write(vals)
        self.assertTrue(answer.write({"answer": 4, "source_key": ""}))

    # -------------------------------------------------------------------- import
    def test_a_bad_row_is_found_once(self):
        """The rows before and after it are judged, not recorded one by one."""
        fields = ["partner_id", "date", "kind", "answer", "source_key"]
        rows = [
            ["asked@test.example", "2026-06-01", "CSAT", "5", f"k{number}"]
            for number in range(60)
        ]
        rows[40][3] = "9"
        rows[50][4] = "k10"  # a key of this file with another answer
        rows[50][3] = "1"
        created = []
        create = self.registry["crm.satisfaction.answer"].create

        def count(records, vals_list):
            created.append(len(vals_list))
            return create(records, vals_list)

        with patch.object(self.registry["crm.satisfaction.answer"], "create", count):
            result = self.answers.load(fields, rows)
        self.assertEqual(created, [60])
        self.assertFalse(result["ids"])
        messages = {m["rows"]["from"]: m["message"] for m in result["messages"]}
        self.assertEqual(set(messages), {40, 50})
        self.assertIn("9 is not on the scale", messages[40])
        self.assertIn("something else was recorded", messages[50])
        self.assertFalse(self.answers.search([("partner_id", "=", self.customer.id)]))
        rows[40][3], rows[50][4] = "4", "k50"
        result = self.answers.load(fields, rows)
        self.assertEqual(len(set(result["ids"])), 60)

    def test_few_queries_for_many_rows(self):
        """What the rows refer to is read once."""
        fields = ["partner_id/.id", "date", "kind", "answer", "source_key"]

        def load(count, prefix):
            customers = self.env["res.partner"].create(
                [{"name": f"{prefix}{number}"} for number in range(count)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            result = self.answers.load(
                fields,
                [
                    [str(one.id), "2026-06-01", "CSAT", "5", f"{prefix}{one.id}"]
                    for one in customers
                ],
            )
            self.assertFalse(result["messages"])
            return self.cr.sql_log_count - before

        load(5, "warm")
        few = load(10, "few")
        # one query per row is Odoo's, to find the contact
        self.assertLessEqual(load(110, "many"), few + 100 + 5)
