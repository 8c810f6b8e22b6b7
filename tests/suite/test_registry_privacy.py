"""Whatever is written about a person can be erased, and is, wherever it is kept."""

from __future__ import annotations

from email.message import EmailMessage

from odoo.fields import Command, Domain
from odoo.models import BaseModel
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_value_retention.tests.common import RetentionCommon
from odoo.addons.crm_value_tiering.models.crm_erasable_mixin import ERASED
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

TEXTS = ("char", "text", "html", "json")
# Written by managers for everybody, or by the program.
NOT_ABOUT_PEOPLE = {
    "crm.campaign.cost.name": "what was paid for",
    "crm.churn.reason.name": "a list of reasons",
    "crm.complaint.access_token": "a secret of the request",
    "crm.complaint.alarm.series": "numbers",
    "crm.complaint.capa.template.name": "a definition",
    "crm.complaint.capa.template.plan": "a definition",
    "crm.complaint.cause.complete_name": "a list of causes",
    "crm.complaint.cause.description": "a definition",
    "crm.complaint.cause.name": "a list of causes",
    "crm.complaint.cause.parent_path": "numbers",
    "crm.complaint.intake.reference": "number of a mail",
    "crm.complaint.reference": "a number",
    "crm.complaint.remedy.description": "a definition",
    "crm.complaint.remedy.name": "a definition",
    "crm.complaint.sla.policy.name": "name of a promise",
    "crm.complaint.stage.description": "a definition",
    "crm.complaint.stage.name": "a definition",
    "crm.complaint.stage.public_name": "a definition",
    "crm.complaint.tag.name": "a list of words",
    "crm.complaint.team.name": "name of a team",
    "crm.incentive.contest.name": "a definition",
    "crm.incentive.contest.prize.name": "a definition",
    "crm.incentive.contest.result.prize_name": "a definition",
    "crm.incentive.criterion.name": "a definition",
    "crm.incentive.example.name": "a definition",
    "crm.incentive.plan.name": "name of a plan",
    "crm.incentive.rule.name": "a definition",
    "crm.incentive.run.counts": "numbers",
    "crm.incentive.run.digest": "numbers",
    "crm.incentive.run.error": "of the program",
    "crm.incentive.run.note": "of the program",
    "crm.incentive.simulation.findings": "numbers",
    "crm.incentive.simulation.fingerprint": "numbers",
    "crm.incentive.simulation.row.rule_name": "a definition",
    "crm.incentive.version.fingerprint": "numbers",
    "crm.job.run.error": "of the program",
    "crm.job.run.job": "of the program",
    "crm.job.run.note": "of the program",
    "crm.loyalty.document.fingerprint": "numbers",
    "crm.loyalty.document.name": "number of a document",
    "crm.loyalty.document.res_model": "kind of a document",
    "crm.loyalty.document.terms": "settings",
    "crm.loyalty.event.error": "of the program",
    "crm.loyalty.event.res_model": "kind of a document",
    "crm.loyalty.measure.detail": "numbers",
    "crm.loyalty.member.referral_code": "random, without a name once the member has none",
    "crm.loyalty.move.detail": "numbers",
    "crm.loyalty.move.document": "number of a document",
    "crm.loyalty.move.key": "numbers",
    "crm.loyalty.proof.error": "of the program",
    "crm.loyalty.proof.note": "of the program",
    "crm.loyalty.referral.terms": "settings",
    "crm.loyalty.setup.name": "name of a program",
    "crm.loyalty.setup.portal_point_name": "name of a currency",
    "crm.metric.code": "a definition",
    "crm.metric.denominator_label": "a definition",
    "crm.metric.description": "a definition",
    "crm.metric.name": "a definition",
    "crm.metric.numerator_label": "a definition",
    "crm.metric.run.counts": "numbers by metric",
    "crm.metric.run.error": "of the program",
    "crm.metric.run.note": "of the program",
    "crm.satisfaction.plan.name": "name of a plan",
    "crm.value.bi.key.name": "name of a tool",
    "crm.value.export.company_ids": "numbers of companies",
    "crm.value.holdout.figures": "numbers",
    "crm.value.policy.name": "name of a version",
    "crm.value.present.figures": "numbers",
    "crm.value.run.calibration": "numbers",
    "crm.value.run.counts": "numbers",
    "crm.value.run.error": "of the program",
    "crm.value.run.fit": "numbers",
    "crm.value.run.note": "of the program",
    "crm.value.run.parameters": "numbers",
    "crm.value.setup.preview": "numbers by tier",
    "crm.value.setup.shown": "settings as they were shown",
    "crm.value.tier.name": "a definition",
    "crm.value.tier.strategy": "a definition",
}
# The look-up's own lines say what was looked for, until they are vacuumed after a day.
STOCK = ("privacy_lookup_wizard", "privacy_lookup_wizard_line", "privacy_log")
NAME = "Xanthippe Zirconium"
EMAIL = "xanthippe@zirconium.example"


@tagged("standard", "post_install", "-at_install")
class TestRegistryPrivacy(RegistryCommon, RetentionCommon):
    def test_every_text_can_be_erased(self) -> None:
        seen = set()
        for model in self.own:
            for field in model._fields.values():
                if field.type not in TEXTS or not field.store or not field.column_type:
                    continue
                if str(field) in NOT_ABOUT_PEOPLE:
                    seen.add(str(field))
                    continue
                with self.subTest(field=str(field)):
                    self.assertIn(
                        field.name,
                        getattr(model, "_erasable_texts", ()),
                        "not erasable",
                    )
        self.assertEqual(seen, set(NOT_ABOUT_PEOPLE), "an exception that is none")

    def test_named_texts_exist(self) -> None:
        mixin = self.registry["crm.erasable.mixin"]
        models = [model for model in self.own if isinstance(model, mixin)]
        self.assertGreater(len(models), 4)
        for model in models:
            for name in model._erasable_texts:
                with self.subTest(field=f"{model._name}.{name}"):
                    self.assertTrue(model._fields[name].store)

    # ------------------------------------------------------------------ the person
    def _write_about(self, person: BaseModel) -> None:
        """Whatever the suite lets people write about a customer, with the name in it."""
        text = f"{NAME} said so"
        reason = self.env["crm.churn.reason"].search([], limit=1)
        customer = person.commercial_partner_id
        answers = self.env["crm.satisfaction.answer"].create(
            [
                {
                    "partner_id": person.id,
                    "answer": 2,
                    "comment": text,
                    "source_key": f"{EMAIL}:{person.id}:{number}",
                    "document": f"res.partner,{person.id}",
                }
                for number in range(2)
            ]
        )
        answers[0]._withdraw(text)
        survey = self.env.ref("crm_satisfaction_survey.survey_relationship")
        asked = survey._create_answer(partner=person, check_attempts=False)
        words = self.env.ref("crm_satisfaction_survey.question_words")
        asked._save_lines(words, text)
        recommend = self.env.ref("crm_satisfaction_survey.question_recommend")
        asked._save_lines(recommend, "9")
        asked._mark_done()
        self.env["crm.satisfaction.withdraw"].create(
            {"satisfaction_ids": answers.ids, "reason": text}
        )
        self.env["crm.value.override"].create(
            {
                "partner_id": customer.id,
                "tier_id": self.tier_high.id,
                "reason": text,
                "date_from": self.today,
            }
        )
        self.env["crm.value.override.set"].create(
            {"partner_id": customer.id, "tier_id": self.tier_high.id, "reason": text}
        )
        self.env["crm.value.outreach"]._schedule_company(self.company)
        self.env["crm.churn.record"].create(
            {"partner_id": customer.id, "reason_id": reason.id, "note": text}
        )
        self.env["crm.value.export"].create(
            {
                "res_model": "crm.value.profile",
                "record_domain": [("partner_id.name", "ilike", NAME)],
            }
        )

    def _write_to_us(self, person: BaseModel) -> BaseModel:
        """What the person says, and what is noted then, on every road."""
        text = f"{NAME} said so"
        complaint = self.env["crm.complaint"].create(
            {
                "name": text,
                "description": text,
                "partner_id": person.id,
                "email_from": EMAIL,
                "proposed_email": EMAIL,
                "root_cause": text,
                "solution": text,
            }
        )
        complaint.name = f"{text} again"  # tracked
        complaint.message_post(
            body=text,
            subject=text,
            author_id=person.id,
            email_from=EMAIL,
            incoming_email_cc=EMAIL,
            attachments=[(f"{NAME}.txt", text.encode())],
            subtype_xmlid="mail.mt_comment",
        )
        complaint.message_post(body=f"To {NAME}", subtype_xmlid="mail.mt_comment")
        complaint.activity_schedule(
            "mail.mail_activity_data_todo", summary=text, note=text
        )
        solution = self.env["crm.complaint.solution"].create(
            {
                "complaint_id": complaint.id,
                "remedy_id": self.env["crm.complaint.remedy"].search([], limit=1).id,
                "amount": 1000,
                "note": text,
            }
        )
        solution.action_approve()
        solution.amount = 1001  # what is void then names the person
        self.env["crm.complaint.capa"].create(
            {
                "name": text,
                "analysis": text,
                "plan": text,
                "cause_id": self.env["crm.complaint.cause"].search([], limit=1).id,
                "complaint_ids": complaint.ids,
            }
        )
        wish = self.env["crm.complaint"].create(
            {"name": text, "type": "suggestion", "partner_id": person.id}
        )
        wish.action_gather()
        wish.idea_id.write({"considerations": text, "answer": text})
        wish.idea_id.action_adopt()
        self.env["crm.complaint.process"].create(
            {
                "name": text,
                "company_id": self.company.id,
                "change": text,
                "lesson": text,
            }
        )
        self._miss_a_target(text)
        self.env["crm.complaint.alarm"].create(
            {
                "company_id": self.company.id,
                "dimension": "team",
                "team_id": complaint.team_id.id,
                "series": f"team,{complaint.team_id.id}",
                "first_week": self.today,
                "week": self.today,
                "weeks": 1,
                "reason": text,
            }
        )
        self._give_points(person, text)
        self._pay_for(person, text)
        other = complaint.copy()
        other._exclude("duplicate", original=complaint, note=text)
        message = EmailMessage()
        message.set_content(text)
        mail = {"message_id": "<1@zirconium>", "subject": text, "email_from": EMAIL}
        intake = self.env["crm.complaint.intake"]
        intake._hold("unverified", message, mail, complaint=complaint)
        mail["message_id"] = "<2@zirconium>"
        intake._hold("automatic", message, mail, team=complaint.team_id)
        return complaint

    def _miss_a_target(self, text: str) -> None:
        """Why, what is done and what was learnt may name a person."""
        metric = self.env["crm.metric"].search([("code", "=", "revenue")])
        target = self.env["crm.metric.target"].create(
            {
                "metric_id": metric.id,
                "company_id": self.company.id,
                "date_from": "2026-01-01",
                "date_to": "2027-01-01",
                "target": 10,
            }
        )
        plan = self.env["crm.metric.plan"].create(
            {
                "target_id": target.id,
                "company_id": self.company.id,
                "month": "2026-01-01",
                "goal": 2,
                "missed": 1,
                "reason": text,
                "lesson": text,
                "measure_ids": [Command.create({"name": text})],
            }
        )
        plan.message_post(body=text)

    def _give_points(self, person: BaseModel, text: str) -> None:
        """Points with a reason, and taken again: who has some is not deleted."""
        programs = self.env["loyalty.program"].with_company(self.company)
        program = programs._create_ledger_program(
            {
                "name": "Suite Test Points",
                "company_id": self.company.id,
                "reward_ids": programs._prepare_reward_commands(100, 10),
            }
        )
        member = self.env["crm.loyalty.member"]._join(program, person)
        for kind, points in (("grant", 5), ("correct", -5)):
            self.env["crm.loyalty.adjustment"].create(
                {
                    "member_id": member.id,
                    "kind": kind,
                    "points": points,
                    "reason": text,
                }
            ).action_post()
        self.env["crm.loyalty.proof"].create(
            {"company_id": self.company.id, "state": "done", "findings": text}
        )

    def _pay_for(self, person: BaseModel, text: str) -> None:
        """A deal that is called after the person, an order, and who asks about them."""
        plan = self.env["crm.incentive.plan"].create(
            {"name": "Suite Test Pay", "company_id": self.company.id}
        )
        rule = {"name": "Ten", "rate": 10, "is_weighted": False}
        version = self.env["crm.incentive.version"].create(
            {
                "plan_id": plan.id,
                "weight_reading": "none",
                "rule_ids": [
                    Command.create(rule),
                    Command.create({**rule, "trigger": "won"}),
                ],
            }
        )
        version._decide({"state": "approved"})
        self.env["crm.incentive.assignment"].create(
            {
                "plan_id": plan.id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
                "reason": text,
            }
        )
        owner = {"partner_id": person.id, "user_id": self.seller.id}
        lead = self.env["crm.lead"].create(
            {
                **owner,
                "name": text,
                "type": "opportunity",
                "company_id": self.company.id,
                "expected_revenue": 100,
            }
        )
        lead.action_set_won()
        order = self._create_quotation(self.at_risk[1], 100, user_id=self.seller.id)
        order.action_confirm()
        evaluation = {"order_id": order.id, "note": text}
        self.env["crm.incentive.evaluation"].create(evaluation)
        self.env["crm.incentive.period"].create({"company_id": self.company.id})
        self.env["crm.incentive.run"].sudo()._compute_now(self.company)
        line = self.env["crm.incentive.line"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.env["crm.incentive.inquiry"].create(
            {"line_id": line.id, "reason": "other", "note": text, "decision": text}
        )

    def _find_traces(self) -> dict[str, int]:
        """Text and JSON columns of all tables with the name or address in them."""
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """
                SELECT columns.table_name, columns.column_name
                  FROM information_schema.columns
                  JOIN information_schema.tables USING (table_schema, table_name)
                 WHERE table_schema = current_schema AND table_type = 'BASE TABLE'
                   AND data_type IN ('character varying', 'text', 'jsonb', 'json')
                   AND NOT table_name = ANY(%s)
                """,
                list(STOCK),
            )
        )
        traces = {}
        for table, column in columns:
            [[count]] = self.env.execute_query(
                SQL(
                    "SELECT COUNT(*) FROM %s WHERE %s::text ILIKE ANY(%s)",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    [f"%{NAME}%", f"%{EMAIL}%"],
                )
            )
            if count:
                traces[f"{table}.{column}"] = count
        return traces

    def _forget(self) -> BaseModel:
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": NAME, "email": EMAIL}
        )
        wizard.action_lookup()
        wizard.line_ids.action_unlink_all()
        self.env.invalidate_all()
        return wizard

    def _create_person(self, **vals: object) -> BaseModel:
        return self._create_customer(NAME, email=EMAIL, **vals)

    def test_a_private_customer(self) -> None:
        person = self._create_person()
        self._write_about(person)
        self._write_to_us(person)
        self.assertGreater(len(self._find_traces()), 19)
        self._forget()
        self.assertFalse(person.exists())
        self.assertEqual(self._find_traces(), {})

    def test_a_person_of_a_company(self) -> None:
        """What was decided about the company stays, without the words."""
        company = self.at_risk[0]
        company.is_company = True
        person = self._create_person(parent_id=company.id)
        self._write_about(person)
        complaint = self._write_to_us(person)
        wizard = self._forget()
        self.assertFalse(person.exists())
        self.assertEqual(self._find_traces(), {})
        overrides = self.env["crm.value.override"].search(
            [("partner_id", "=", company.id)]
        )
        self.assertEqual(overrides.mapped("reason"), [ERASED])
        records = self.env["crm.churn.record"].search([("partner_id", "=", company.id)])
        self.assertEqual(records.mapped("note"), [False])
        answers = self.env["crm.satisfaction.answer"].search(
            [("partner_id", "=", company.id)]
        )
        self.assertEqual(sorted(answers.mapped("answer")), [2, 2, 9])
        self.assertEqual(complaint.name, ERASED)
        self.assertFalse(complaint.message_ids.attachment_ids)
        listed = set(wizard.line_ids.mapped("res_model"))
        self.assertGreaterEqual(listed, {records._name, overrides._name, answers._name})

    def test_erased_by_a_manager(self) -> None:
        """Record by record, by who may; nobody else."""
        person = self._create_person(parent_id=self.at_risk[0].id)
        self._write_about(person)
        self._write_to_us(person)
        mixin = self.registry["crm.erasable.mixin"]
        found = []
        for model in self.own:
            if (
                model._transient
                or not isinstance(model, mixin)
                or not model._erasable_texts
            ):
                continue
            about = [
                Domain(name, "ilike", word)
                for name in model._erasable_texts
                for word in (NAME, EMAIL)
            ]
            records = model.search(Domain.OR(about))
            self.assertTrue(records, model)
            found.append(records)
        for records in found:
            self.manager.group_ids |= self.env.ref(records._erasing_group)
            with self.subTest(model=records._name):
                for user in (self.seller, self.outsider):
                    with self.assertRaisesRegex(Exception, "Only managers|access"):
                        records.with_user(user).action_erase()
                records.with_user(self.manager).action_erase()
                for name in records._erasable_texts:
                    self.assertNotIn(NAME, str(records.mapped(name)))
                    self.assertNotIn(EMAIL, str(records.mapped(name)))

    def test_an_activity_repeats_no_note(self) -> None:
        """All who may read the contact read what an activity says of it."""
        company = self.at_risk[0]
        self._write_about(self._create_person(parent_id=company.id))
        traces = self._find_traces()
        self.assertIn("crm_churn_record.note", traces)
        self.assertFalse([one for one in traces if one.startswith("mail_")], traces)
