"""Whatever a remote caller sends to a public method: a value, or a refusal in words.

Each public method that the suite brings, on its own models and on core's, is called as the
RPC gate calls it, by users with little or no right and with arguments that nobody expects.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import psycopg2

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_value_retention.tests.common import RetentionCommon
from odoo.addons.crm_value_tiering.models.res_partner import VALUE_GROUP
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

SCALARS = (
    None,
    True,
    -1,
    2**40,
    float("nan"),
    "x",
    "'; DROP TABLE crm_value_profile; --",
    "a\0b",
    "2026-13-45",
    "9999-12-31",
)
HOSTILE = (
    *SCALARS,
    [],
    list(range(-3, 5000)),
    [[[]]],
    ["x", None],
    {"a": {"b": [{"c": {}}]}},
    [("partner_id", "=", "x"), "|"],
)
NOBODY = ([], [-1], [0, 10**9])
# Odoo's own ensure_one and create say it, of any model.
OF_ODOO = ("Expected singleton", "Invalid field", "Wrong value for")
# What a user of customer value may add, and what follows from it.
OF_USERS = {"crm.churn.record", "crm.value.outreach", "crm.value.export"}


@tagged("standard", "post_install", "-at_install")
class TestRegistryMethods(RegistryCommon, RetentionCommon):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.value_user = cls._create_user("suite_value_user", VALUE_GROUP)
        cls.env["crm.value.outreach"]._schedule_company(cls.company)
        customer = cls.at_risk[0]
        cls.env["crm.satisfaction.answer"].create(
            {"partner_id": customer.id, "answer": 4}
        )
        cls.env["crm.churn.record"].create(
            {
                "partner_id": customer.id,
                "reason_id": cls.env["crm.churn.reason"].search([], limit=1).id,
            }
        )
        cls.env["crm.value.override"].create(
            {
                "partner_id": customer.id,
                "tier_id": cls.tier_mid.id,
                "reason": "For the test",
                "date_from": cls.today,
            }
        )
        cls.env["crm.metric.run"].recompute(cls.company)
        cls.env["crm.metric.recompute"].create({})

    def _get_methods(self) -> list[tuple[BaseModel, str, inspect.Signature]]:
        """Public methods that a file of the suite defines, by model."""
        packages = tuple(f"odoo.addons.{name}." for name in self.modules)
        found = []
        for model in self.env.values():
            own = model._original_module in self.modules
            classes = type(model).mro()
            names = {
                name
                for cls in classes
                if cls.__module__.startswith(packages)
                for name, method in vars(cls).items()
                if not name.startswith("_") and inspect.isfunction(method)
            }
            for name in sorted(names):
                theirs = any(
                    name in vars(cls)
                    for cls in classes
                    if not cls.__module__.startswith(packages)
                    and inspect.isfunction(vars(cls).get(name))
                )
                if own or not theirs:
                    signature = inspect.signature(getattr(type(model), name))
                    found.append((model, name, signature))
        return found

    def _get_calls(
        self, model: BaseModel, method: object, signature: inspect.Signature
    ) -> Iterator[tuple[list, dict]]:
        """Positional and named arguments, as they come over the wire."""
        named = list(signature.parameters)[1:]
        everything = [] if model._abstract else model.sudo().search([], limit=3).ids
        own = [[everything], *([ids] for ids in NOBODY)]
        if everything:
            own += [[everything[:1]]]
        if getattr(method, "_api_model", False):
            own = [[]]
        records = [
            dict.fromkeys(model._fields, value) for value in (*SCALARS, {"a": [1]}, [7])
        ]
        for ids in own:
            yield ids, {}
            yield [*ids, *(7 for _name in named), "one too many"], {}
        for ids in own[:2] if named else ():
            for value in (*HOSTILE, *records):
                yield [*ids, *(value for _name in named)], {}
                if len(named) > 1:
                    yield [*ids, value], {}
                    yield ids, {named[-1]: value}

    def _get_checksums(self, without: set[str] = frozenset()) -> dict[str, str]:
        self.env.flush_all()
        return {
            model._name: self.env.execute_query(
                SQL(
                    "SELECT COUNT(*), md5(string_agg(line::text, '|' ORDER BY line::text))"
                    " FROM %s line",
                    SQL.identifier(model._table),
                )
            )[0]
            for model in self.own
            if model._name not in without
        }

    def test_there_is_something_to_check(self) -> None:
        methods = {(model._name, name) for model, name, _sig in self._get_methods()}
        self.assertGreater(len(methods), 80)
        self.assertGreaterEqual(
            methods,
            {
                ("crm.churn.record", "create"),
                ("crm.metric.run", "recompute"),
                ("crm.satisfaction.answer", "load"),
                ("crm.value.profile", "action_export_xlsx"),
                ("res.partner", "get_value_card"),
            },
        )

    def test_plain_user(self) -> None:
        self._attack(self.outsider)

    def test_portal_user(self) -> None:
        self._attack(self.portal)

    def test_value_user(self) -> None:
        self._attack(self.value_user, OF_USERS)

    def _attack(self, user: BaseModel, may_change: set[str] = frozenset()) -> None:
        before = self._get_checksums(may_change)
        for model, name, signature in self._get_methods():
            method = getattr(type(model), name)
            env = self.env(
                user=user,
                su=False,
                context={"allowed_company_ids": self.company.ids},
            )
            self.env.invalidate_all()
            with self.subTest(method=f"{model._name}.{name}"):
                for args, kwargs in self._get_calls(model, method, signature):
                    self._call(env[model._name], name, args, kwargs)
        self.env.invalidate_all()
        self.assertEqual(self._get_checksums(may_change), before)

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def _call(self, model: BaseModel, name: str, args: list, kwargs: dict) -> None:
        try:
            with self.env.cr.savepoint():
                call_kw(model, name, args, kwargs)
        except (UserError, TypeError, psycopg2.IntegrityError):
            pass  # the gate makes a sentence of a broken constraint
        except ValueError as error:
            if not str(error).startswith(OF_ODOO):
                self._report(error, args, kwargs)
        except Exception as error:
            self._report(error, args, kwargs)

    def _report(self, error: Exception, args: list, kwargs: dict) -> None:
        self.fail(f"{error!r} for {str(args)[:200]} {str(kwargs)[:200]}")
