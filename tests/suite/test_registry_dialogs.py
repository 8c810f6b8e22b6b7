"""Dialogs work for the user's current companies, and looking leaves no trace."""

from __future__ import annotations

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.models import BaseModel
from odoo.tests import new_test_user, tagged

from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon


@tagged("standard", "post_install", "-at_install")
class TestRegistryDialogs(RegistryCommon):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mine, cls.foreign = cls.env["res.company"].create(
            [{"name": "Registry Mine"}, {"name": "Registry Foreign"}]
        )
        user = new_test_user(
            cls.env,
            "registry_manager",
            "sales_team.group_sale_manager,base.group_system",
            company_id=cls.mine.id,
            company_ids=[Command.set(cls.mine.ids)],
        )
        cls.as_user = cls.env(user=user, context={"allowed_company_ids": cls.mine.ids})
        cls.dialogs = [model for model in cls.own if model._transient]
        cls.of_a_company = [
            model
            for model in cls.dialogs
            if "company_id" in model._fields and model._fields["company_id"].store
        ]

    def test_there_is_something_to_check(self) -> None:
        self.assertLessEqual(
            {
                "crm.value.setup",
                "crm.value.recompute",
                "crm.value.override.set",
                "crm.value.holdout.check",
                "crm.metric.recompute",
            },
            {model._name for model in self.of_a_company},
        )

    def _new_foreign(self, model: BaseModel) -> BaseModel:
        dialogs = model.with_env(self.as_user)
        return dialogs.new({"company_id": self.foreign.id})

    def test_the_company_is_a_current_one(self) -> None:
        mixin = self.registry["crm.dialog.mixin"]
        for model in self.of_a_company:
            with self.subTest(model=model._name):
                self.assertTrue(issubclass(type(model), mixin))
                mine = self._create(model, self.mine)
                with self.assertRaisesRegex(AccessError, "your own companies"):
                    self._create(model, self.foreign)
                with self.assertRaisesRegex(AccessError, "your own companies"):
                    mine.write({"company_id": self.foreign.id})

    def _create(self, model: BaseModel, company: BaseModel) -> BaseModel:
        """A dialog with something in whatever it cannot be without."""
        dialogs = model.with_env(self.as_user)
        vals = {"company_id": company.id}
        for name, value in dialogs.default_get(list(model._fields)).items():
            vals.setdefault(name, value)
        for name, field in model._fields.items():
            if field.required and not field.compute and name not in vals:
                vals[name] = "registry"
                if field.relational:
                    vals[name] = self.env[field.comodel_name].search([], limit=1).id
        return dialogs.create(vals)

    def test_computed_as_the_user(self) -> None:
        """Odoo computes stored fields as superuser unless told otherwise."""
        for model in self.dialogs:
            for field in model._fields.values():
                if not field.compute or not field.store or field.related:
                    continue
                if field._module in self.modules:
                    with self.subTest(field=str(field)):
                        self.assertFalse(field.compute_sudo)

    def test_nothing_is_computed_of_a_foreign_company(self) -> None:
        """Not even without a record, as ``onchange`` computes."""
        checked = set()
        for model in self.of_a_company:
            for field in model._fields.values():
                if (
                    field.name == "display_name"
                    or "company_id" not in self.registry.field_depends[field]
                ):
                    continue
                checked.add(model._name)
                # made within: assertRaises empties the cache, and with it the record
                with self.subTest(field=str(field)), self.assertRaises(AccessError):
                    self._new_foreign(model)[field.name]
        self.assertGreaterEqual(len(checked), 3)

    def _count(self) -> dict[str, int]:
        return {
            model._name: model.with_context(active_test=False).search_count([])
            for model in self.own
        }

    def _look_at(self, model: BaseModel) -> None:
        names = list(model._fields)
        dialog = model.with_env(self.as_user)
        # whatever can be switched on is, so that all is computed
        switches = {
            name: True
            for name, field in model._fields.items()
            if field.type == "boolean" and field._module in self.modules
        }
        dialog.new({**dialog.default_get(names), **switches}).mapped(
            lambda record: [
                record[name] for name in names if model._fields[name].compute
            ]
        )

    def test_looking_creates_nothing(self) -> None:
        """Neither defaults nor computed fields, in a company that has nothing yet."""
        before = self._count()
        for model in (*self.dialogs, self.env["res.config.settings"]):
            with self.subTest(model=model._name):
                self._look_at(model)
                self.env.flush_all()
                self.assertEqual(self._count(), before)
