from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ComplaintCommon


@tagged("standard", "post_install", "-at_install")
class TestComplaintIdea(ComplaintCommon):
    """From the suggestion to the decision, the answer and who heard it (E4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.complaint.idea"].search([]).active = False
        cls.customer.user_id = cls.seller
        cls.second = cls._create_customer("Second", email="second@example.com")
        cls.first_wish = cls._create_wish()
        cls.again = cls._create_wish()
        cls.second_wish = cls._create_wish(partner_id=cls.second.id)
        cls.wishes = cls.first_wish | cls.again | cls.second_wish

    @classmethod
    def _create_wish(cls, **vals):
        return cls._create_complaint(
            **{"name": "A dimmer", "type": "suggestion", "severity": False, **vals}
        )

    def _gather(self, wishes=None):
        action = (wishes or self.wishes).with_user(self.leader).action_gather()
        return self.env["crm.complaint.idea"].browse(action["res_id"])

    def _decide(self, idea, decision, answer="Version 3 has one."):
        idea.answer = answer
        getattr(idea.with_user(self.leader), f"action_{decision}")()

    def _get_public(self, wish):
        return wish.message_ids.filtered(lambda one: one.message_type == "comment")

    # ---------------------------------------------------------------- gathering
    def test_one_idea_of_several(self):
        idea = self._gather()
        self.assertEqual(idea.name, "A dimmer")
        self.assertEqual(idea.suggestion_ids, self.wishes)
        self.assertEqual((idea.suggestion_count, idea.customer_count), (3, 2))
        late = self._create_wish(name="Dim it")
        with Form(late.with_user(self.agent)) as form:
            form.idea_id = idea
        self.assertEqual(idea.suggestion_count, 4)
        again = (late | self.first_wish).with_user(self.agent).action_gather()
        self.assertEqual(again["res_id"], idea.id, "no second idea of the same")

    def test_revenue_counts_each_customer_once(self):
        self.first_wish.sudo().revenue_at_risk = 100
        self.again.sudo().revenue_at_risk = 130
        self.second_wish.sudo().revenue_at_risk = 7.5
        idea = self._gather()
        self.assertEqual(idea.revenue, 107.5)
        self.second_wish._exclude("mistaken")
        idea.invalidate_recordset()
        self.assertEqual((idea.revenue, idea.customer_count), (100, 1))

    def test_only_suggestions(self):
        complaint = self._create_complaint()
        with self.assertRaisesRegex(UserError, "Only suggestions"):
            complaint.action_gather()
        idea = self._gather()
        with self.assertRaisesRegex(ValidationError, "Only suggestions"):
            complaint.idea_id = idea
        other = self._gather(self._create_wish(name="Other"))
        with self.assertRaisesRegex(UserError, "different ideas"):
            (other.suggestion_ids | self.first_wish).action_gather()
        with self.assertRaisesRegex(ValidationError, "Only suggestions"):
            self.first_wish.type = "complaint"

    def test_company(self):
        idea = self._gather()
        company = self._create_company("Elsewhere")
        team = self.env["crm.complaint.team"].search([("company_id", "=", company.id)])
        foreign = self._create_wish(
            company_id=company.id, team_id=team[:1].id, partner_id=False
        )
        with self.assertRaises(UserError):
            foreign.idea_id = idea
        with self.assertRaisesRegex(UserError, "one company"):
            (foreign | self.first_wish).action_gather()

    # ----------------------------------------------------------------- deciding
    def test_everybody_is_told_once(self):
        idea = self._gather()
        with self.assertRaisesRegex(UserError, "Write the answer"):
            idea.with_user(self.leader).action_adopt()
        self._decide(idea, "adopt")
        self.assertEqual(idea.decided_by_id, self.leader)
        self.assertTrue(idea.decided_at)
        for wish in self.wishes:
            message = self._get_public(wish)
            self.assertEqual(len(message), 1)
            self.assertIn("We have adopted it.", message.body)
            self.assertIn("Version 3 has one.", message.body)
            self.assertEqual(message.author_id, self.leader.partner_id)
            self.assertEqual(wish.told_decision, "adopted")
            self.assertTrue(wish.first_response_at, "it is an answer of a person")
        with self.assertRaisesRegex(UserError, "decided so already"):
            idea.with_user(self.leader).action_adopt()
        self.assertEqual(idea.untold_count, 0)
        idea.with_user(self.leader).action_tell()
        self.assertEqual(len(self._get_public(self.first_wish)), 1)

    def test_planned_then_adopted(self):
        idea = self._gather()
        self._decide(idea, "plan", "In spring.")
        self._decide(idea, "adopt", "Here it is.")
        told = self._get_public(self.second_wish).sorted("id")
        self.assertEqual(len(told), 2)
        self.assertIn("We plan to do it.", told[0].body)
        self.assertIn("Here it is.", told[1].body)

    def test_who_comes_later(self):
        idea = self._gather(self.first_wish)
        self._decide(idea, "decline", "It costs too much light.")
        self.second_wish.idea_id = idea
        self.assertEqual(idea.untold_count, 1)
        self.assertFalse(self._get_public(self.second_wish))
        self.assertFalse(self.second_wish._get_portal_decision())
        idea.with_user(self.leader).action_tell()
        self.assertIn("not going to do it", self._get_public(self.second_wish).body)
        self.assertEqual(self.second_wish._get_portal_decision(), "Not Adopted")
        self.assertEqual(len(self._get_public(self.first_wish)), 1)

    def test_excluded_are_not_told(self):
        self.again._exclude("duplicate", self.first_wish)
        idea = self._gather(self.first_wish | self.second_wish)
        self.second_wish._exclude("mistaken")
        self._decide(idea, "adopt")
        self.assertFalse(self._get_public(self.second_wish))
        self.assertFalse(self.second_wish.told_decision)

    def test_answered_is_closed(self):
        """What has its answer is not owed any more, unless the team asks for more."""
        self.env["crm.complaint.gate"].create(
            {
                "stage_id": self._stage("archive").id,
                "requirement": "product",
                "complaints_only": False,
                "team_ids": [Command.set(self.team.ids)],
            }
        )
        idea = self._gather()
        product = self.env["product.product"].create({"name": "Dimmer"})
        self.second_wish.product_id = product
        self._decide(idea, "adopt")
        self.assertEqual(self.second_wish.state, "closed")
        self.assertEqual(self.second_wish.user_id, self.leader, "who answered it")
        self.assertEqual(self.first_wish.state, "open", "a product is missing")

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.second.lang = "zh_CN"
        idea = self._gather()
        self._decide(idea, "adopt", "已加入")
        self.assertIn("We have adopted it.", self._get_public(self.first_wish).body)
        body = self._get_public(self.second_wish).body
        self.assertNotIn("We have adopted it.", body)
        self.assertIn("已加入", body)

    def test_answer_is_text(self):
        idea = self._gather(self.first_wish)
        self._decide(idea, "adopt", "<script>alert(1)</script>")
        self.assertIn("&lt;script&gt;", self._get_public(self.first_wish).body)

    def test_decide_again(self):
        idea = self._gather()
        with self.assertRaisesRegex(UserError, "Nothing has been decided"):
            idea.with_user(self.leader).action_decide_again()
        with self.assertRaisesRegex(UserError, "Nothing has been decided"):
            idea.with_user(self.leader).action_tell()
        self._decide(idea, "decline", "No.")
        with self.assertRaisesRegex(UserError, "stays"):
            idea.unlink()
        idea.with_user(self.leader).action_decide_again()
        self.assertFalse(idea.decided_at)
        self.assertFalse(self.first_wish._get_portal_decision())
        self._decide(idea, "adopt", "Yes after all.")
        self.assertEqual(len(self._get_public(self.first_wish)), 2)

    def test_who_decides(self):
        idea = self._gather()
        idea.answer = "Yes"
        for decision in ("plan", "adopt", "decline", "decide_again", "tell"):
            with self.assertRaisesRegex(AccessError, "team leaders"):
                getattr(idea.with_user(self.agent), f"action_{decision}")()
            for user in (self.reader, self.seller):
                with self.assertRaises(AccessError):
                    getattr(idea.with_user(user), f"action_{decision}")()
        for user in (self.agent, self.leader, self.quality):
            for name, value in (("state", "adopted"), ("decided_by_id", user.id)):
                with self.assertRaisesRegex(UserError, "Use the buttons"):
                    idea.with_user(user).write({name: value})
            with self.assertRaisesRegex(UserError, "Use the buttons"):
                self.first_wish.with_user(user).write({"told_decision": "adopted"})
        with self.assertRaises(AccessError):
            self.seller.with_user(self.seller).env["crm.complaint.idea"].create(
                {"name": "Mine", "company_id": self.company.id}
            )

    # ------------------------------------------------------------- who hears it
    def test_a_salesperson_follows_it(self):
        """They write it down, see what is decided and what was answered, company-wide."""
        wish = (
            self.env["crm.complaint"]
            .with_user(self.seller)
            .with_company(self.company)
            .create(
                {
                    "name": "A quieter fan",
                    "type": "suggestion",
                    "channel": "phone",
                    "partner_id": self.customer.id,
                }
            )
        )
        self.assertEqual(wish.sudo().gathered_by_id, self.seller)
        idea = self._gather(wish.sudo())
        idea.considerations = "Cheap"
        self._decide(idea, "adopt", "Done.")
        wish.invalidate_recordset()
        self.assertEqual(wish.decision, "adopted")
        self.assertEqual(wish.decision_answer, "Done.")
        seen = idea.with_user(self.seller)
        self.assertEqual(seen.suggestion_count, 1)
        self.assertEqual(seen.state, "adopted")
        for name in ("considerations", "revenue"):
            with self.assertRaises(AccessError):
                seen.read([name])

    def test_who_is_credited(self):
        own = {"type": "suggestion", "partner_id": self.customer.id, "name": "x"}
        requests = self.env["crm.complaint"].with_user(self.agent)
        requests = requests.with_company(self.company)
        heard = requests.create({**own, "channel": "onsite"})
        self.assertEqual(heard.gathered_by_id, self.agent)
        read = requests.create({**own, "channel": "email"})
        self.assertFalse(read.gathered_by_id, "the customer wrote it")
        question = requests.create({**own, "type": "question", "channel": "phone"})
        self.assertFalse(question.gathered_by_id)
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            read.gathered_by_id = self.agent
        with self.assertRaisesRegex(UserError, "who writes it down"):
            requests.create({**own, "gathered_by_id": self.agent.id})
        read.with_user(self.leader).gathered_by_id = self.seller
        self.assertEqual(read.gathered_by_id, self.seller)

    def test_from_the_portal_nobody_is_credited(self):
        user = self._create_user("wish_portal", "base.group_portal")
        wish = self.env["crm.complaint"]._file_from_portal(
            user,
            self.company,
            {"name": "Dark mode", "description": "Please", "type": "suggestion"},
        )
        self.assertFalse(wish.gathered_by_id)

    # ------------------------------------------------------------------ figures
    def test_share_of_the_decided(self):
        """Three adopted, one not, one planned, one open: 75 %, not 50 %."""
        for number, decision in enumerate(
            ["adopt", "adopt", "adopt", "decline", "plan", None]
        ):
            idea = self._gather(self._create_wish(name=f"Wish {number}"))
            if decision:
                self._decide(idea, decision)
        ideas = self.env["crm.complaint.idea"]
        ours = [("company_id", "=", self.company.id)]
        [(share,)] = ideas._read_group(ours, [], ["adopted_percent:avg"])
        self.assertEqual(share, 75)
        by_state = dict(ideas._read_group(ours, ["state"], ["adopted_percent:avg"]))
        self.assertEqual(by_state["adopted"], 100)
        self.assertEqual(by_state["declined"], 0)
        self.assertFalse(by_state["planned"])
        self.assertEqual(
            set(
                ideas.search([*ours, ("state", "in", ("adopted", "declined"))]).mapped(
                    "state"
                )
            ),
            {"adopted", "declined"},
        )

    def test_few_queries(self):
        """The list of ideas costs the same with many of them."""
        ideas = self._gather(self.first_wish)
        fields = ["name", "suggestion_count", "customer_count", "revenue", "state"]

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(fields)
            return self.env.cr.sql_log_count - before

        one = count(ideas)
        many = ideas | self._gather(self.again) | self._gather(self.second_wish)
        self.assertEqual(count(many), one)
