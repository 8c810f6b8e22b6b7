import json
from datetime import date, datetime, time, timedelta
from random import Random

import pytz

from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, new_test_user

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from ..wizards.crm_value_bi_key import BI_GROUP

OPERATIONS = ("read", "write", "create", "unlink")
NOTHING, READ, ALL = (), ("read",), OPERATIONS


class ValueCommon(TransactionCase):
    """A company of its own, people by role, and factories for purchases.

    The company lives in Shanghai, eight hours ahead of UTC, and the superuser
    environment in ``self.env`` has it as the current one: a day that begins at the
    wrong hour, or a figure taken from another company, shows in the result.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.as_of = date(2026, 6, 30)
        cls.env = cls.env(context={**cls.env.context, **DISABLED_MAIL_CONTEXT})
        cls.currency = cls.env["res.currency"].create(
            {"name": "XVT", "symbol": "V", "rounding": 0.01, "position": "after"}
        )
        cls.company = cls._create_company("Value Test Company", tz="Asia/Shanghai")
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.company = cls.company.with_env(cls.env)
        cls.currency = cls.currency.with_env(cls.env)
        cls.seller = cls._create_user("value_seller", "sales_team.group_sale_salesman")
        cls.manager = cls._create_user("value_manager", "sales_team.group_sale_manager")
        cls.outsider = cls._create_user("value_outsider", "base.group_user")
        cls.portal = cls._create_user("value_portal", "base.group_portal")
        cls.tier_high = cls.env.ref("crm_value_tiering.crm_value_tier_high")
        cls.tier_mid = cls.env.ref("crm_value_tiering.crm_value_tier_mid")
        cls.tier_low = cls.env.ref("crm_value_tiering.crm_value_tier_low")
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"Value Test Service {number}", "type": "service"}
                for number in range(4)
            ]
        )
        cls.product = cls.products[0]
        cls.pricelists = {}
        cls.sale_journal = cls.env["account.journal"]

    # ------------------------------------------------------------------- actors
    @classmethod
    def _create_company(cls, name, tz="UTC", **vals):
        company = cls.env["res.company"].create(
            {"name": name, "currency_id": cls.currency.id, **vals}
        )
        company.partner_id.tz = tz
        return company

    @classmethod
    def _create_user(cls, login, groups, **vals):
        """A user of the company, in another time zone than the company's."""
        return new_test_user(
            cls.env,
            login,
            groups,
            **{
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
                "tz": "UTC",
                **vals,
            },
        )

    @classmethod
    def _create_customer(cls, name="Value Test Customer", **vals):
        return cls.env["res.partner"].create({"name": name, **vals})

    # ---------------------------------------------------------------- purchases
    @classmethod
    def _buy(cls, partner, day, amount, **vals):
        """A confirmed sales order of exactly ``amount``, untaxed, on the local ``day``.

        :param vals: values of the order; besides ``at`` (local time, default noon),
            ``product`` and ``currency``
        """
        at = vals.pop("at", time(12))
        order = cls._create_quotation(partner, amount, **vals)
        order.action_confirm()
        order.date_order = cls._to_utc(day, at, order.company_id)
        return order

    @classmethod
    def _create_quotation(cls, partner, amount, **vals):
        product = vals.pop("product", cls.product)
        company = vals.pop("company", cls.company)
        currency = vals.pop("currency", company.currency_id)
        return (
            cls.env["sale.order"]
            .with_company(company)
            .create(
                cls._prepare_order(partner, amount, product, currency, company, vals)
            )
        )

    @classmethod
    def _buy_many(cls, purchases, product=None, company=None):
        """As :meth:`_buy`, at noon, for many (partner, day, amount), quickly."""
        company = company or cls.company
        orders = (
            cls.env["sale.order"]
            .with_company(company)
            .create(
                [
                    cls._prepare_order(
                        partner,
                        amount,
                        product or cls.products[number % len(cls.products)],
                        company.currency_id,
                        company,
                        {"date_order": cls._to_utc(day, time(12), company)},
                    )
                    for number, (partner, day, amount) in enumerate(purchases)
                ]
            )
        )
        orders.write({"state": "sale"})
        return orders

    @classmethod
    def _prepare_order(cls, partner, amount, product, currency, company, vals):
        return {
            "partner_id": partner.id,
            "company_id": company.id,
            "pricelist_id": cls._get_pricelist(currency).id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": product.name,
                        "product_uom_qty": 1,
                        "price_unit": amount,
                        "discount": 0,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
            **vals,
        }

    @classmethod
    def _get_pricelist(cls, currency):
        """The pricelist that gives an order its currency."""
        if currency not in cls.pricelists or not cls.pricelists[currency].exists():
            cls.pricelists[currency] = cls.env["product.pricelist"].create(
                {"name": currency.name, "currency_id": currency.id, "company_id": False}
            )
        return cls.pricelists[currency]

    @classmethod
    def _to_utc(cls, day, at, company=None):
        """Naive UTC timestamp of the company's local ``day`` and time ``at``."""
        zone = pytz.timezone((company or cls.company).partner_id.tz or "UTC")
        local = zone.localize(datetime.combine(day, at))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    @classmethod
    def _invoice(cls, partner, day, amount, refund=False, **vals):
        """A posted invoice, or credit note, of exactly ``amount``, untaxed."""
        cls._set_up_accounting()
        product = vals.pop("product", cls.product)
        move = cls.env["account.move"].create(
            {
                "move_type": "out_refund" if refund else "out_invoice",
                "company_id": cls.company.id,
                "journal_id": cls.sale_journal.id,
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    @classmethod
    def _set_up_accounting(cls):
        """What it takes to post an invoice: a journal and two accounts."""
        if cls.sale_journal.exists():
            return
        _receivable, income = cls.env["account.account"].create(
            [
                {
                    "name": "Value Test Receivable",
                    "code": "VT1",
                    "account_type": "asset_receivable",
                    "reconcile": True,
                    "company_ids": [Command.set(cls.company.ids)],
                },
                {
                    "name": "Value Test Income",
                    "code": "VT2",
                    "account_type": "income",
                    "company_ids": [Command.set(cls.company.ids)],
                },
            ]
        )
        cls.sale_journal = cls.env["account.journal"].create(
            {
                "name": "Value Test Sales",
                "code": "VTS",
                "type": "sale",
                "company_id": cls.company.id,
                "default_account_id": income.id,
            }
        )

    # -------------------------------------------------------------- computation
    @classmethod
    def _set_model(cls, limits=None, company=None, **vals):
        """The value model of the company, valid since long, changed by ``vals``.

        :param limits: dict of tier → values of its line (share, min_score, min_clv)
        """
        company = company or cls.company
        model = cls.env["crm.value.policy"]._get_for_company(company, cls.as_of)
        lines = [
            Command.update(line.id, limits[line.tier_id])
            for line in model.tier_line_ids
            if limits and line.tier_id in limits
        ]
        if lines:
            vals["tier_line_ids"] = lines
        model.write({"date_from": date(2000, 1, 1), **vals})
        return model

    @classmethod
    def _run(cls, as_of=None, company=None):
        """Compute the tiers of the company; a failed computation fails the test."""
        run = cls.env["crm.value.run"].recompute(
            company or cls.company, as_of or cls.as_of
        )
        if run.state != "done":
            raise AssertionError(f"The computation failed: {run.error}")
        return run

    @classmethod
    def _profile(cls, partner, company=None):
        """The profile of the contact's commercial entity in the company."""
        return cls.env["crm.value.profile"].search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", (company or cls.company).id),
            ]
        )

    @classmethod
    def _parts(cls, partner):
        """The dimensions of the customer's score, as the explanation has them."""
        profile = cls._profile(partner)
        return profile._get_dimension_parts(profile._get_explaining_run())

    @classmethod
    def _population(cls, count, company=None):
        """``count`` customers with synthetic purchases of the last 400 days.

        The same ones each time. They differ widely in pace and loyalty, as the
        forecast assumes: from about 60 customers on, the default model fits it.
        """
        chance = Random(19)
        customers = cls.env["res.partner"].create(
            [{"name": f"Value Test Customer {number:03}"} for number in range(count)]
        )
        purchases = []
        for customer in customers:
            day = cls.as_of - timedelta(days=chance.randint(5, 400))
            pace = 12 * 30 ** chance.random()
            leaving = 0.05 if chance.random() < 0.6 else 0.7
            typical = chance.uniform(20, 400)
            while day <= cls.as_of:
                amount = round(typical * chance.uniform(0.5, 1.5), 2)
                purchases.append((customer, day, amount))
                if chance.random() < leaving:
                    break
                day += timedelta(days=round(1 + chance.expovariate(1 / pace)))
        cls._buy_many(purchases, company=company)
        return customers

    @classmethod
    def _ladder(cls):
        """Ten customers, best first: two High, four Mid, four Low after a computation.

        The n-th bought once, for n * 90 less than the first and n * 30 days earlier.
        """
        cls._set_model(
            limits={
                cls.tier_high: {"share": 20},
                cls.tier_mid: {"share": 40},
                cls.tier_low: {"share": 40},
            },
            min_customers=5,
        )
        customers = cls.env["res.partner"].create(
            [{"name": f"Value Test Rung {number}"} for number in range(10)]
        )
        cls._buy_many(
            [
                (customer, cls.as_of - timedelta(days=5 + 30 * rung), 1000 - 90 * rung)
                for rung, customer in enumerate(customers)
            ],
            product=cls.product,
        )
        return customers

    @classmethod
    def _mirror_company(cls, high, low):
        """Another company, computed, to which ``high`` is High and ``low`` Low."""
        company = cls._create_company("Value Test Mirror Company")
        cls._set_model(
            company=company,
            min_customers=2,
            limits={
                cls.tier_high: {"share": 50},
                cls.tier_mid: {"share": 0},
                cls.tier_low: {"share": 50},
            },
        )
        cls._buy_many(
            [(high, cls.as_of, 900), (low, cls.as_of - timedelta(days=300), 9)],
            company=company,
        )
        cls._run(company=company)
        return company

    # ---------------------------------------------------------- checks by add-on
    def _get_models(self, module):
        """The names of the models with rights that an add-on brings."""
        return {
            name
            for name, model in self.env.items()
            if model._original_module == module and not model._abstract
        }

    def _check_rights(self, module, rights):
        """Model by model what seller and manager may do; the others nothing.

        :param rights: dict of model → (operations of the seller, those of the manager),
            of all models of the add-on
        """
        self.assertEqual(set(rights), self._get_models(module))
        for model, (seller, manager) in rights.items():
            expected = {
                self.seller: seller,
                self.manager: manager,
                self.outsider: NOTHING,
                self.portal: NOTHING,
                self.env.ref("base.public_user"): NOTHING,
            }
            for user, allowed in expected.items():
                for operation in OPERATIONS:
                    with self.subTest(model=model, user=user.login, op=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            operation in allowed,
                        )

    def _check_only_one_blocked(self, running, jobs):
        """While another session is at the job ``running``, the other jobs work."""
        with self.registry.cursor() as cr:
            elsewhere = self.company.with_env(self.env(cr=cr))
            lock = elsewhere.env["crm.job.run"]._try_lock
            self.assertTrue(lock(elsewhere, running))
            for name, job in jobs.items():
                with self.subTest(running=running, job=name):
                    self.assertEqual(bool(job()), name != running)

    def _check_forgotten(self, module, anonymous=()):
        """Every stored reference to a contact goes with it.

        :param anonymous: models whose records stay, without the contact
        :return: the models that refer to contacts
        """
        found = set()
        for model in self.env.values():
            for field in model._fields.values():
                if (
                    field._module == module
                    and field.type == "many2one"
                    and field.comodel_name == "res.partner"
                    and field.store
                ):
                    found.add(model._name)
                    expected = "set null" if model._name in anonymous else "cascade"
                    self.assertEqual(field.ondelete, expected, field)
        return found


class BiCommon(ValueCommon):
    """A reporting tool with its key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()
        cls.admin = cls._create_user("value_admin", "base.group_system")

    @classmethod
    def _create_key(cls, user=None, **vals):
        """The key that the wizard shows, and its user."""
        before = cls.env["res.users"].search([])
        wizard = cls.env["crm.value.bi.key"].with_user(user or cls.admin)
        wizard = wizard.create({"company_ids": [Command.set(cls.company.ids)], **vals})
        # Who is at the keyboard is asked in a browser only.
        action = type(wizard).action_create.__wrapped__(wizard)
        user = cls.env["res.users"].search([]) - before
        return action["context"]["default_key"], user

    def _get_readable(self, user):
        """The models that the user of a tool reads; nothing is written."""
        self.assertEqual(user.group_ids, self.env.ref(BI_GROUP))
        readable = set()
        for model in self.env.values():
            if model._abstract:
                continue
            records = model.with_user(user)
            if records.has_access("read"):
                readable.add(model._name)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation), (model, operation))
        return readable

    def _check_readable(self, module, expected):
        """The models of an add-on that a tool reads are these."""
        readable = self._get_readable(self._create_key()[1])
        self.assertEqual(readable & self._get_models(module), set(expected))


class BiHttpCommon(BiCommon, HttpCase):
    """Odoo's JSON-2 API with such a key, as docs/bi-access.md describes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key, cls.bi_user = cls._create_key()

    def _post(self, model, method, key=None, **params):
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(params),
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Content-Type": "application/json; charset=utf-8",
            },
        )

    def _call(self, model, method, **params):
        response = self._post(model, method, **params)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()
