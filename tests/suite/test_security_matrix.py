"""docs/security.md says who may do what: its tables are those of the database.

A changed access line, rule or field makes this fail. Look at what the message shows; if
it is meant, run the test again with RENEW=1 in the environment: it writes the tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from odoo.models import BaseModel
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- generated -->", "<!-- end of what is generated -->"
ROLES = {
    "User": "crm_value_tiering.group_value_user",
    "Manager": "crm_value_tiering.group_value_manager",
    "BI reader": "crm_value_tiering.group_value_bi",
    "Administrator": "base.group_system",
}
OPERATIONS = ("read", "write", "create", "unlink")
RULES = {
    "[('company_id', 'in', company_ids)]": "own companies",
    "[('create_uid', '=', user.id)]": "one's own",
}


@tagged("standard", "post_install", "-at_install")
class TestSecurityMatrix(RegistryCommon):
    maxDiff = None

    def test_page(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        present, tail = rest.split(END)
        tables = f"\n\n{self._get_tables()}\n\n"
        if os.environ.get("RENEW"):
            PAGE.write_text(f"{head}{BEGIN}{tables}{END}{tail}", encoding="utf-8")
        self.assertEqual(
            present,
            tables,
            "docs/security.md does not say what the database does. Is the change meant? "
            "Run this test with RENEW=1 in the environment and commit the page.",
        )

    def _get_tables(self) -> str:
        parts = []
        for module in sorted(self.modules):
            own = sorted(
                (model for model in self.own if model._original_module == module),
                key=lambda model: (model._transient, model._name),
            )
            if not own:
                continue
            roles = self._get_roles(module)
            parts += [
                f"### `{module}`",
                self._table(
                    ["model", "is", *roles, "records"],
                    [
                        [
                            f"`{model._name}`",
                            model._description + (", a dialog" * model._transient),
                            *(self._rights(model, role) for role in roles.values()),
                            self._records(model),
                        ]
                        for model in own
                    ],
                ),
            ]
        fields = self._table(
            ["model", "fields", "readers"],
            [
                [
                    f"`{model}`",
                    ", ".join(f"`{name}`" for name in sorted(names)),
                    readers,
                ]
                for (model, readers), names in sorted(self._restricted().items())
            ],
        )
        return "\n\n".join([*parts, "### Fields with readers of their own", fields])

    def _table(self, header: list[str], rows: Iterable[list[str]]) -> str:
        lines = [header, ["---"] * len(header), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _get_roles(self, module: str) -> dict[str, BaseModel]:
        """The groups that a module brings, and the administrator; else those of value."""
        data = self.env["ir.model.data"].search(
            [("module", "=", module), ("model", "=", "res.groups")]
        )
        own = self.env["res.groups"].browse(data.mapped("res_id"))
        if not own or own & self.env.ref(ROLES["User"]):
            return {name: self.env.ref(xmlid) for name, xmlid in ROLES.items()}
        administrator = self.env.ref(ROLES["Administrator"])
        names = {group.name: group for group in own.sorted("sequence, id")}
        return {**names, "Administrator": administrator}

    def _rights(self, model: BaseModel, role: BaseModel) -> str:
        """Letters of the operations that the role has, alone or by what it implies."""
        groups = role.all_implied_ids
        lines = self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", model._name),
                "|",
                ("group_id", "in", groups.ids),
                ("group_id", "=", False),
            ]
        )
        letters = [
            name[0].upper() if name != "unlink" else "D"
            for name in OPERATIONS
            if any(lines.mapped(f"perm_{name}"))
        ]
        return "".join(letters) or "–"

    def _records(self, model: BaseModel) -> str:
        """The rules in words: those for everybody, then those of groups."""
        rules = self.env["ir.rule"].search(
            [("model_id.model", "=", model._name)], order="id"
        )
        everybody = rules.filtered(lambda rule: not rule.groups)
        words = [RULES.get(rule.domain_force, rule.name) for rule in everybody]
        for rule in rules - everybody:
            groups = ", ".join(rule.groups.sorted("id").mapped(self._role))
            words.append(f"{rule.name} ({groups})")
        return "; ".join(words) or "all"

    def _role(self, group: BaseModel) -> str:
        names = {self.env.ref(xmlid): name for name, xmlid in ROLES.items()}
        return names.get(group) or group.full_name

    def _restricted(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for model, field in self._get_own_fields():
            if field.groups:
                readers = ", ".join(
                    self._role(self.env.ref(xmlid.strip()))
                    for xmlid in field.groups.split(",")
                )
                found.setdefault((model._name, readers), []).append(field.name)
        return found
