from datetime import date
from decimal import Decimal

from odoo.fields import Command

from odoo.addons.crm_value_tiering.tests.common import ValueCommon


class IncentiveCommon(ValueCommon):
    """A team with a plan: R1 and R2 sell, M manages pay, A approves, U audits.

    The figures of a person are those of the ledger: the sum of their lines.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = cls._create_user("incentive_r1", "sales_team.group_sale_salesman")
        cls.other = cls._create_user("incentive_r2", "sales_team.group_sale_salesman")
        cls.boss = cls._create_user(
            "incentive_m",
            "crm_team_incentives.group_incentive_manager",
        )
        cls.approver = cls._create_user(
            "incentive_a", "crm_team_incentives.group_incentive_approver"
        )
        cls.auditor = cls._create_user(
            "incentive_u", "crm_team_incentives.group_incentive_auditor"
        )
        cls.customer = cls._create_customer("Incentive Test Customer")
        cls.plan = cls.env["crm.incentive.plan"].create(
            {"name": "Incentive Test Plan", "company_id": cls.company.id}
        )

    # --------------------------------------------------------------------- plans
    @classmethod
    def _draft(
        cls, *rules, date_from=date(2024, 1, 1), weights=None, plan=None, **vals
    ):
        """A draft version of ``rules``, dicts; ``weights``: tier → weight, mid first."""
        return cls.env["crm.incentive.version"].create(
            {
                "plan_id": (plan or cls.plan).id,
                "date_from": date_from,
                "weight_reading": "none",
                "rule_ids": [
                    Command.create(
                        {"name": f"Rule {number}", "sequence": number, **rule}
                    )
                    for number, rule in enumerate(rules, start=1)
                ],
                "weight_ids": [
                    Command.create(
                        {
                            "tier_id": tier.id,
                            "weight": weight,
                            "is_reference": tier == cls.tier_mid,
                        }
                    )
                    for tier, weight in (weights or {}).items()
                ],
                **vals,
            }
        )

    @classmethod
    def _approve(cls, version):
        """Let two people review and approve a version; its example is what it gives."""
        example = cls.env["crm.incentive.example"].create(
            {
                "version_id": version.id,
                "name": "What it gives",
                "amount_1": 1000,
                "expected": 0,
            }
        )
        example.expected = example.result
        version.with_user(cls.boss).action_review()
        version.with_user(cls.approver).action_approve()
        return version

    @classmethod
    def _set_plan(cls, *rules, people=None, **vals):
        """An approved version of these rules that pays R1 and R2 since January."""
        version = cls._approve(cls._draft(*rules, **vals))
        cls.env["crm.incentive.assignment"].create(
            [
                {
                    "plan_id": version.plan_id.id,
                    "company_id": cls.company.id,
                    "user_id": user.id,
                    "date_from": date(2024, 1, 1),
                    "reason": "Set up for a test",
                }
                for user in people or (cls.rep + cls.other)
            ]
        )
        return version

    @classmethod
    def _percent(cls, rate, **vals):
        return {"kind": "percent", "rate": rate, "is_weighted": False, **vals}

    @classmethod
    def _stepped(cls, *steps, **vals):
        return {
            "kind": "stepped",
            "is_weighted": False,
            "step_ids": [
                Command.create({"bound": bound, "rate": rate}) for bound, rate in steps
            ],
            **vals,
        }

    # ------------------------------------------------------------------- periods
    @classmethod
    def _period(cls, month, **vals):
        start = date(2024, month, 1)
        return cls.env["crm.incentive.period"].create(
            {
                "company_id": cls.company.id,
                "date_from": start,
                "date_to": date(2024, month + 1, 1) if month < 12 else date(2027, 1, 1),
                **vals,
            }
        )

    @classmethod
    def _current(cls):
        """The period of today."""
        cls.env["crm.incentive.period"]._ensure_current(cls.company)
        return cls.env["crm.incentive.period"]._get_at(
            cls.company, cls.company._get_value_today()
        )

    @classmethod
    def _compute(cls):
        runs = cls.env["crm.incentive.run"]._compute_now(cls.company)
        if runs is False:
            raise AssertionError("somebody else is computing")
        return runs

    @classmethod
    def _close(cls, period, pay=False):
        """Compute, review and approve the period; pay it if wanted."""
        cls._compute()
        period.with_user(cls.boss).action_review()
        period.with_user(cls.approver).action_approve()
        if pay:
            period.with_user(cls.boss).action_pay()
        return period

    def _pay(self, period=None, user=None, **vals):
        """What the person's lines add up to, exactly, as text."""
        domain = [("user_id", "=", (user or self.rep).id)]
        if period:
            domain.append(("period_id", "=", period.id))
        domain += [(name, "=", value) for name, value in vals.items()]
        lines = self.env["crm.incentive.line"].search(domain)
        return str(self._sum(lines.mapped("amount")))

    @classmethod
    def _sum(cls, amounts):
        cents = sum((Decimal(str(amount)) for amount in amounts), Decimal())
        return cents.quantize(Decimal("0.01"))

    def _case(self, version, amounts, **vals):
        """The amounts that a case pays, line by line, as text."""
        lines = self.env["crm.incentive.engine"]._compute_case(version, amounts, **vals)
        return [str(line["amount"].quantize(Decimal("0.01"))) for line in lines]

    # ----------------------------------------------------------------- documents
    @classmethod
    def _sell(cls, day, amount, user=None, partner=None, **vals):
        """An order that the person confirmed on that day."""
        vals = {"user_id": (user or cls.rep).id, "team_id": False, **vals}
        return cls._buy(partner or cls.customer, day, amount, **vals)

    @classmethod
    def _bill(cls, day, amount, user=None, refund=False, **vals):
        """A posted invoice or credit note of the person; its accounting date is ``day``."""
        vals = {"invoice_user_id": (user or cls.rep).id, "date": day, **vals}
        return cls._invoice(
            vals.pop("partner", cls.customer), day, amount, refund=refund, **vals
        )

    @classmethod
    def _bank(cls):
        """A bank journal whose payments have journal entries."""
        cls._set_up_accounting()
        journal = cls.env["account.journal"].search(
            [("code", "=", "VTB"), ("company_id", "=", cls.company.id)]
        )
        if not journal:
            accounts = cls.env["account.account"].create(
                [
                    {
                        "name": name,
                        "code": code,
                        "account_type": kind,
                        "reconcile": reconcile,
                        "company_ids": [Command.set(cls.company.ids)],
                    }
                    for name, code, kind, reconcile in (
                        ("Incentive Test Bank", "VT3", "asset_cash", False),
                        ("Incentive Test Outstanding", "VT4", "asset_current", True),
                        ("Incentive Test Write-off", "VT5", "expense", False),
                    )
                ]
            )
            journal = cls.env["account.journal"].create(
                {
                    "name": "Incentive Test Bank",
                    "code": "VTB",
                    "type": "bank",
                    "company_id": cls.company.id,
                    "default_account_id": accounts[0].id,
                }
            )
            methods = (
                journal.inbound_payment_method_line_ids
                + journal.outbound_payment_method_line_ids
            )
            methods.payment_account_id = accounts[1]
        return journal

    @classmethod
    def _receive(cls, invoice, day, amount, **vals):
        """A payment of an invoice, matched with it."""
        wizard = cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return wizard.create(
            {
                "amount": amount,
                "payment_date": day,
                "journal_id": cls._bank().id,
                **vals,
            }
        )._create_payments()

    @classmethod
    def _reverse(cls, invoice, day):
        """A credit note of the whole invoice, by Odoo's own dialog, matched with it."""
        wizard = cls.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": day})
        action = wizard.refund_moves()
        note = cls.env["account.move"].browse(action["res_id"])
        note.action_post()
        return note
