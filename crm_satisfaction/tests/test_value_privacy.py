from odoo.tests import tagged

from .common import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestValuePrivacy(SatisfactionCommon):
    """What Odoo's privacy lookup finds and forgets of a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls._create_customer(
            "Xanthippe Zirconium", email="xanthippe@zirconium.example"
        )
        cls.order = cls._buy(cls.person, cls.as_of, 300)
        cls._run()
        cls.answer = cls._say(cls.person, 2, comment="Xanthippe was not pleased")
        cls.env["crm.value.override"].create(
            {
                "company_id": cls.company.id,
                "partner_id": cls.person.id,
                "tier_id": cls.tier_high.id,
                "reason": "Xanthippe is a friend",
                "date_from": cls.company._get_value_today(),
            }
        )
        cls.wizard = cls.env["privacy.lookup.wizard"].create(
            {"name": cls.person.name, "email": cls.person.email}
        )
        cls.wizard.action_lookup()

    def _line(self, model):
        return self.wizard.line_ids.filtered(lambda line: line.res_model == model)

    def _count(self, model):
        records = self.env[model].with_context(active_test=False)
        return records.search_count([("partner_id", "=", self.person.id)])

    def test_lookup(self):
        """The answers are listed; what goes with the contact is not, by Odoo's rule."""
        self.assertEqual(self._line("res.partner").res_id, self.person.id)
        self.assertEqual(self._line("crm.satisfaction.answer").res_id, self.answer.id)
        self.assertEqual(
            self._line("crm.satisfaction.answer").resource_ref, self.answer
        )
        for model in ("crm.value.profile", "crm.value.transition"):
            self.assertTrue(self._count(model))
            self.assertFalse(self._line(model))

    def test_forget_all(self):
        """Nothing of ours is left of the person; the number of the answer is."""
        self.order._action_cancel()
        self.order.unlink()
        lines = self.wizard.line_ids.filtered(
            lambda line: line.res_model in ("res.partner", "crm.satisfaction.answer")
        )
        lines.action_unlink_all()
        self.assertFalse(self.person.exists())
        self.answer.invalidate_recordset()
        self.assertEqual(self.answer.answer, 2)
        self.assertFalse(self.answer.partner_id or self.answer.comment)
        for model in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.value.override",
            "crm.value.dirty",
        ):
            self.assertFalse(self._count(model), model)
        self.assertTrue(all(lines.mapped("is_unlinked")))
        self.assertIn("anonymous", self.wizard.execution_details)

    def test_forget_an_answer(self):
        """The contact stays, what he said does not."""
        line = self._line("crm.satisfaction.answer")
        line.action_unlink()
        self.answer.invalidate_recordset()
        self.assertFalse(self.answer.partner_id or self.answer.comment)
        self.assertTrue(self.person.exists())
        self.assertTrue(self._count("crm.value.profile"))

    def test_archived(self):
        """The value stays as it was; the next computation leaves the customer alone."""
        tier = self._profile(self.person).tier_id
        self._line("res.partner").action_archive_all()
        self.assertFalse(self.person.active)
        self._run()
        profile = (
            self.env["crm.value.profile"]
            .with_context(active_test=False)
            .search([("partner_id", "=", self.person.id)])
        )
        self.assertEqual(profile.tier_id, tier)
