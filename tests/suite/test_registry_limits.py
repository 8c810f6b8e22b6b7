"""Every number that people may enter has limits, on whatever model of the suite."""

from __future__ import annotations

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Field
from odoo.models import BaseModel
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import NUMBERS
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

# Their numbers are waiting for limits.
WAITING: set[str] = set()


@tagged("standard", "post_install", "-at_install")
class TestRegistryLimits(RegistryCommon):
    def _get_entered(self, kinds: tuple[str, ...]) -> list[tuple[BaseModel, Field]]:
        """Stored fields of these types that somebody may write, by a remote call at
        least: ``readonly`` is a matter of screens."""
        return [
            (model, field)
            for model, field in self._get_own_fields()
            if field.type in kinds
            and field.store
            and field.name != "id"
            and field._module not in WAITING
            and self._is_open(model, "write", "create")
        ]

    def test_there_is_something_to_check(self) -> None:
        models = {model._name for model, _field in self._get_entered(NUMBERS)}
        self.assertGreaterEqual(
            models,
            {
                "crm.value.tier",
                "crm.value.policy",
                "crm.value.policy.tier",
                "crm.value.setup",
                "crm.value.setup.tier",
                "res.config.settings",
            },
        )

    def test_numbers_have_limits(self) -> None:
        for model, field in self._get_entered(NUMBERS):
            with self.subTest(field=str(field)):
                self.assertTrue(hasattr(model, "_get_limits"), "no crm.limits.mixin")
                self.assertIn(field.name, model._get_limits())

    def test_what_is_outside_is_refused(self) -> None:
        """Before it reaches the database, whoever sends it."""
        for model, field in self._get_entered(NUMBERS):
            low, high = model._get_limits()[field.name]
            strange = [
                "nan",
                float("nan"),
                float("inf"),
                float("-inf"),
                "many",
                10**400,
            ]
            for value in (*strange, low - 1, high + 1, 2**40 * high + 1):
                with self.subTest(field=str(field), value=str(value)[:20]):
                    with self.assertRaisesRegex(ValidationError, "must be between"):
                        model.create({field.name: value})
                    with self.assertRaisesRegex(ValidationError, "must be between"):
                        model.write({field.name: value})

    def test_days_outside_are_refused(self) -> None:
        """Of the dates that have limits."""
        limited = [
            (model, field)
            for model, field in self._get_entered(("date",))
            if field.name in getattr(model, "_get_limits", dict)()
        ]
        self.assertTrue(limited)
        for model, field in limited:
            low, high = model._get_limits()[field.name]
            day = timedelta(days=1)
            for value in (low - day, high + day, "9999-12-31", "soon", 5):
                with (
                    self.subTest(field=str(field), value=str(value)),
                    self.assertRaisesRegex(ValidationError, "must be between"),
                ):
                    model.create({field.name: value})
