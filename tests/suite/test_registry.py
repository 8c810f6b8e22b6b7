"""Rules that every model of the suite keeps, found by looking at the registry.

A new module falls under them by itself: its models are those of an add-on with the
suite's author.
"""

from __future__ import annotations

from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon


@tagged("standard", "post_install", "-at_install")
class TestRegistry(RegistryCommon):
    def test_there_is_something_to_check(self) -> None:
        self.assertGreaterEqual(
            self.modules,
            {
                "crm_value_tiering",
                "crm_metric",
                "crm_satisfaction",
                "crm_value_retention",
            },
        )
        self.assertGreater(len(self.own), 25)

    def test_what_has_a_company_has_a_company_rule(self) -> None:
        for model in self.own:
            field = model._fields.get("company_id")
            if not field or not field.store or model._transient:
                continue
            with self.subTest(model=model._name):
                rules = self._get_rules(model)
                self.assertIn("[('company_id', 'in', company_ids)]", rules)

    def test_a_dialog_is_its_users_own(self) -> None:
        for model in self.own:
            if not model._transient:
                continue
            with self.subTest(model=model._name):
                rules = self._get_rules(model)
                self.assertIn("[('create_uid', '=', user.id)]", rules)

    def test_the_company_is_chosen_once(self) -> None:
        """Whatever people may write, and belongs to a company, cannot change it."""
        mixin = self.registry["crm.company.mixin"]
        for model in self.own:
            field = model._fields.get("company_id")
            if model._transient or not field or not field.store or field.related:
                continue
            if self._is_open(model, "write"):
                with self.subTest(model=model._name):
                    self.assertTrue(issubclass(type(model), mixin))
