"""Rules that every model of the suite keeps, found by looking at the registry.

A new module falls under them by itself: its models are those of an add-on with the
suite's author.
"""

from __future__ import annotations

from odoo.models import BaseModel
from odoo.tests import TransactionCase, tagged

AUTHOR = "CRM Value Suite contributors"


@tagged("standard", "post_install", "-at_install")
class TestRegistry(TransactionCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        modules = cls.env["ir.module.module"].search(
            [("author", "=", AUTHOR), ("state", "=", "installed")]
        )
        cls.modules = set(modules.mapped("name"))
        cls.own = [
            model
            for model in cls.env.values()
            if model._original_module in cls.modules and not model._abstract
        ]

    def _rules(self, model: BaseModel) -> list[str]:
        """Domains of the rules that hold for everybody."""
        rules = self.env["ir.rule"].search(
            [("model_id.model", "=", model._name), ("groups", "=", False)]
        )
        return rules.mapped("domain_force")

    def test_there_is_something_to_check(self) -> None:
        self.assertGreaterEqual(
            self.modules,
            {
                "crm_value_tiering",
                "crm_metric",
                "crm_satisfaction",
                "crm_value_retention",
                "crm_team_incentives",
            },
        )
        self.assertGreater(len(self.own), 25)

    def test_what_has_a_company_has_a_company_rule(self) -> None:
        for model in self.own:
            field = model._fields.get("company_id")
            if not field or not field.store or model._transient:
                continue
            with self.subTest(model=model._name):
                self.assertIn("[('company_id', 'in', company_ids)]", self._rules(model))

    def test_a_dialog_is_its_users_own(self) -> None:
        for model in self.own:
            if not model._transient:
                continue
            with self.subTest(model=model._name):
                self.assertIn("[('create_uid', '=', user.id)]", self._rules(model))

    def test_the_company_is_chosen_once(self) -> None:
        """Whatever people may write, and belongs to a company, cannot change it."""
        mixin = self.registry["crm.company.mixin"]
        for model in self.own:
            field = model._fields.get("company_id")
            if model._transient or not field or not field.store or field.related:
                continue
            if self.env["ir.model.access"].search_count(
                [("model_id.model", "=", model._name), ("perm_write", "=", True)]
            ):
                with self.subTest(model=model._name):
                    self.assertTrue(issubclass(type(model), mixin))
