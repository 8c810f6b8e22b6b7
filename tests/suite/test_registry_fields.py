"""Who reads which field: what the suite adds to core models, and free texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from odoo.exceptions import AccessError, UserError
from odoo.fields import Field
from odoo.models import BaseModel
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

# Which figures a digest has is no secret, and Odoo reads it as whoever gets the mail:
# with groups, colleagues without the right would get no digest at all.
OPEN = {("digest.digest", "boolean")}
STRANGERS = {
    "registry_portal": "base.group_portal",
    "registry_plain": "base.group_user",
    "registry_invoicing": "account.group_account_invoice",
    "registry_contacts": "base.group_user,base.group_partner_manager",
}
NUMBERS = ("integer", "float", "monetary")
# What people write to describe a thing, not a customer.
HARMLESS = {
    "crm.value.tier": {"name", "strategy"},
    "crm.value.profile": {"tier_strategy"},
}
# Their texts are waiting for a decision.
WAITING = {"crm_metric", "crm_satisfaction"}


@tagged("standard", "post_install", "-at_install")
class TestRegistryFields(RegistryCommon):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.strangers = [
            new_test_user(cls.env, login, groups) for login, groups in STRANGERS.items()
        ]
        cls.added = [
            (model, field)
            for model, field in cls._get_own_fields(cls)
            if model._original_module not in cls.modules
        ]
        cls.restricted = [
            (model, field)
            for model, field in cls.added
            if field.groups and not model._transient
        ]

    def test_added_fields_name_their_readers(self) -> None:
        self.assertGreater(len(self.added), 60)
        for model, field in self.added:
            if (model._name, field.type) in OPEN:
                continue
            with self.subTest(field=str(field)):
                self.assertTrue(field.groups)

    # ------------------------------------------------------------------- search
    def _open_models(self) -> set[str]:
        """Let the strangers read the models with such fields: only the groups of the
        fields are left to protect them."""
        names = {model._name for model, _field in self.restricted}
        for group in ("base.group_portal", "base.group_user"):
            self.env["ir.model.access"].create(
                [
                    {
                        "name": "registry",
                        "model_id": self.env["ir.model"]._get_id(name),
                        "group_id": self.env.ref(group).id,
                        "perm_read": True,
                    }
                    for name in names
                ]
            )
        return names

    def _get_conditions(self, field: Field) -> Iterator[tuple[str, object]]:
        if not field.required:  # else Odoo knows the answer without any record
            yield from (("=", False), ("!=", False))
        if field.relational:
            yield from (("=", 1), ("in", [1]), ("any", [("id", ">", 0)]))
        elif field.type in NUMBERS:
            yield from (("=", 10), ("!=", 10), (">", 1), ("in", [10, 3]), ("<=", 0))
        elif field.type == "selection":
            key = field.get_values(self.env)[0]
            yield from (("=", key), ("in", [key]), ("!=", key))

    def _check_refused(self, call: Callable[[], object], *errors: type) -> None:
        """Refused before any SQL: no savepoint is needed, which would take the time."""
        with mute_logger("odoo.models", "odoo.domains", "odoo.fields"):
            try:
                call()
            except (AccessError, *errors):
                return
        self.fail("not refused")

    def test_restricted_fields_are_not_searched(self) -> None:
        """Odoo does not check the groups of a field that is not stored in a search."""
        self._open_models()
        searched = set()
        for model, field in self.restricted:
            if not (field.store or field.search):
                continue
            searched.add(model._name)
            for user in self.strangers:
                records = model.with_user(user)
                for operator, value in self._get_conditions(field):
                    domain = [(field.name, operator, value)]
                    with self.subTest(user=user.login, domain=str((model, domain))):
                        self._check_refused(partial(records.search_count, domain))
        self.assertLessEqual({"res.partner", "sale.order", "crm.lead"}, searched)

    def test_restricted_fields_are_not_searched_from_elsewhere(self) -> None:
        """Through each relation of each model that they read."""
        names = self._open_models()
        portal, _plain, invoicing, _contacts = self.strangers
        by_model: dict[str, list[Field]] = {}
        for model, field in self.restricted:
            if field.search and not field.store:
                by_model.setdefault(model._name, []).append(field)
        followed = 0
        for model in self.env.values():
            if model._abstract or model._transient:
                continue
            for user in (portal, invoicing):
                records = model.with_user(user)
                if not records.has_access("read"):
                    continue
                for relation in model._fields.values():
                    if (
                        relation.name in ("create_uid", "write_uid")
                        or not relation.relational
                        or not relation.store
                        or relation.comodel_name not in names
                        or not records._has_field_access(relation, "read")
                    ):
                        continue
                    for field in by_model.get(relation.comodel_name, ()):
                        followed += 1
                        domain = [(f"{relation.name}.{field.name}", "=", 10)]
                        with self.subTest(user=user.login, domain=str((model, domain))):
                            self._check_refused(partial(records.search_count, domain))
        self.assertGreater(followed, 50)

    def test_restricted_fields_are_neither_sorted_nor_grouped_by(self) -> None:
        """Nor summed; those that cannot be, by anybody, are refused in other words."""
        self._open_models()
        for model, field in self.restricted:
            for user in self.strangers:
                records, name = model.with_user(user), field.name
                grouped = records.formatted_read_group
                calls = {
                    "order": partial(
                        records.search_read, order=f"{name} desc", limit=1
                    ),
                    "group": partial(grouped, [], [name], ["__count"]),
                    "read": partial(records.search_read, fields=[name], limit=1),
                }
                if field.type in NUMBERS:
                    calls["sum"] = partial(grouped, [], [], [f"{name}:max"])
                for kind, call in calls.items():
                    with self.subTest(user=user.login, field=str(field), kind=kind):
                        self._check_refused(call, ValueError, UserError)

    # ------------------------------------------------------------ reporting tools
    def test_reporting_tools_read_no_free_text(self) -> None:
        """Figures and names of things; what people wrote about a customer is for those
        who work with them."""
        group = self.env.ref("crm_value_tiering.group_value_bi")
        tool = self.env["res.users"].create(
            {
                "name": "registry",
                "login": "registry_tool",
                "group_ids": [(6, 0, group.ids)],
            }
        )
        read = 0
        for model in self.own:
            records: BaseModel = model.with_user(tool)
            if not records.has_access("read") or model._original_module in WAITING:
                continue
            read += 1
            for field in model._fields.values():
                if field.type not in ("char", "text", "html", "json"):
                    continue
                if field.name == "display_name":
                    continue
                with self.subTest(field=str(field)):
                    self.assertTrue(
                        field.name in HARMLESS.get(model._name, ())
                        or not records._has_field_access(field, "read")
                    )
        self.assertGreaterEqual(read, 3)
