"""Rules that every model of the suite keeps, found by looking at the registry.

A new module falls under them by itself: its models are those of an add-on with the
suite's author.
"""

from __future__ import annotations

from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

# What their companies share is waiting for a decision.
WAITING: set[str] = set()
# What they hold is added to that of others when team or user go.
RELEASED = {
    ("crm.metric.fact", "team_id"),
    ("crm.metric.fact", "user_id"),
    ("crm.complaint.team", "alias_id"),  # of Odoo's own mixin, goes with the team
}
OF_MAIN_COMPANY = "[('company_id', 'parent_of', company_ids)]"
COMPANY_RULES = {"[('company_id', 'in', company_ids)]", OF_MAIN_COMPANY}
# Of main companies too, without the mixin: nobody creates them.
WRITTEN_BY_SQL = {
    "crm.value.profile",
    "crm.value.transition",
    "crm.value.dirty",
    "crm.value.policy.tier",
    "crm.metric.fact",
    "crm.metric.cohort",
}


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
                "crm_complaints",
                "crm_loyalty",
                "crm_team_incentives",
            },
        )
        self.assertGreater(len(self.own), 25)

    def test_what_has_a_company_has_a_company_rule(self) -> None:
        for model in self.own:
            field = model._fields.get("company_id")
            if not field or not field.store or model._transient:
                continue
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(model=model._name, operation=operation):
                    rules = set(self._get_rules(model, operation))
                    self.assertTrue(rules & COMPANY_RULES)

    def test_a_branch_reads_what_its_main_company_has(self) -> None:
        """And only that: what is of branches too, stays in each."""
        for model in self.own:
            if "company_id" not in model._fields or model._transient:
                continue
            of_main = getattr(model, "_of_main_company", model._name in WRITTEN_BY_SQL)
            with self.subTest(model=model._name):
                self.assertEqual(OF_MAIN_COMPANY in self._get_rules(model), of_main)

    def test_a_dialog_is_its_users_own(self) -> None:
        for model in self.own:
            if not model._transient:
                continue
            with self.subTest(model=model._name):
                rules = self._get_rules(model)
                self.assertIn("[('create_uid', '=', user.id)]", rules)

    def test_a_line_stays_in_its_record(self) -> None:
        """The record decides whose company it is, and who may see it."""
        mixin, lines = self.registry["crm.line.mixin"], set()
        for model in self.own:
            parents = {
                field.name
                for field in model._fields.values()
                if field.type == "many2one"
                and field.ondelete == "cascade"
                and any(
                    inverse.type == "one2many" and inverse.inverse_name == field.name
                    for inverse in self.env[field.comodel_name]._fields.values()
                    if inverse.comodel_name == model._name
                    and field.comodel_name in {own._name for own in self.own}
                )
            }
            company = model._fields.get("company_id")
            if company and company.store and company.related:
                parents.add(company.related.split(".")[0])
            if parents and self._is_open(model, "write"):
                lines.add(model._name)
                with self.subTest(model=model._name):
                    self.assertTrue(issubclass(type(model), mixin))
                    self.assertEqual({model._line_of}, parents)
        self.assertLessEqual({"crm.value.policy.tier", "crm.value.setup.tier"}, lines)

    def test_what_all_companies_share_is_nobodys(self) -> None:
        """A manager of one company does not change it for the others."""
        mixin, common = self.registry["crm.common.mixin"], set()
        for model in self.own:
            if (
                model._transient
                or "company_id" in model._fields
                or model._original_module in WAITING
                or not self._is_open(model, "write", "create", "unlink")
            ):
                continue
            common.add(model._name)
            with self.subTest(model=model._name):
                self.assertTrue(issubclass(type(model), mixin))
        self.assertIn("crm.value.tier", common)

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

    def test_what_cannot_be_deleted_says_so(self) -> None:
        """A sentence, for whatever the database would refuse to delete."""
        checked = set()
        for model in self.env.values():
            for field in model._fields.values():
                if (
                    field._module in self.modules
                    and field.type == "many2one"
                    and field.store
                    and field.ondelete == "restrict"
                    and not (model._abstract or model._transient)
                    and (model._name, field.name) not in RELEASED
                ):
                    named = self.env[field.comodel_name]
                    checked.add(named._name)
                    if named._name == "crm.value.tier":
                        continue  # finds those that name it by itself
                    with self.subTest(field=str(field)):
                        self.assertIn(
                            (model._name, field.name), named._get_naming_fields()
                        )
        self.assertGreaterEqual(checked, {"crm.value.tier", "utm.campaign", "crm.team"})
