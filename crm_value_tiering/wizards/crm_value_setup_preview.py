from odoo import api, fields, models
from odoo.tools import format_date, format_list


class CrmValueSetup(models.TransientModel):
    """The preview in words: tiers, movements, and what stands in the way."""

    _inherit = "crm.value.setup"  # pylint: disable=consider-merging-classes-inherited

    preview_html = fields.Html(compute="_compute_preview_html", sanitize=False)
    without_rate_count = fields.Integer(compute="_compute_without_rate_count")

    @api.depends("preview")
    def _compute_without_rate_count(self):
        for setup in self:
            setup.without_rate_count = (setup.preview or {}).get(
                "documents_without_rate", 0
            )

    @api.depends("preview")
    @api.depends_context("lang", "uid")
    def _compute_preview_html(self):
        for setup in self:
            setup.preview_html = setup.preview and self.env["ir.qweb"]._render(
                "crm_value_tiering.value_setup_preview", setup._get_preview_values()
            )

    def _get_preview_values(self):
        """Values for the template: the preview in words, names as the user sees them."""
        self.ensure_one()
        preview = self.preview
        tiers = preview["tiers"]
        customers = sum(tier["customers"] for tier in tiers)
        revenue = sum(float(tier["revenue"]) for tier in tiers)
        names = self._get_partner_names(preview)
        labels = self._get_tier_names(preview)
        known = any(tier["present"] for tier in tiers if tier["tier_id"])
        return {
            "intro": self._get_preview_intro(known),
            "warnings": self._get_preview_warnings(),
            "tiers": [
                {
                    "name": labels[tier["tier_id"]],
                    "customers": tier["customers"],
                    "present": tier["present"] if known else "–",
                    "share": self._format_share(tier["customers"], customers),
                    "revenue": float(tier["revenue"]),
                    "revenue_share": self._format_share(
                        float(tier["revenue"]), revenue
                    ),
                    "clv": float(tier["clv"] or 0),
                    "examples": [
                        names[partner_id]
                        for partner_id in tier["examples"]
                        if partner_id in names
                    ],
                }
                for tier in tiers
            ],
            "known": known,
            "moves": [
                {
                    "from": labels[move["from_id"]],
                    "to": labels[move["to_id"]],
                    "customers": move["customers"],
                    "revenue": float(move["revenue"]),
                }
                for move in preview["moves"]
            ],
            "movers": [
                {
                    "name": names[mover["partner_id"]],
                    "from": labels[mover["from_id"]],
                    "to": labels[mover["to_id"]],
                    "revenue": float(mover["revenue"]),
                }
                for mover in preview["movers"]
                if mover["partner_id"] in names
            ],
            "currency": self.currency_id,
        }

    def _get_preview_intro(self, known):
        values = {
            "customers": self.preview["customers"],
            "date": format_date(self.env, self.preview["as_of"]),
            "moving": sum(move["customers"] for move in self.preview["moves"]),
        }
        if not known:
            return self.env._(
                "As of %(date)s these settings divide %(customers)s customers like this. "
                "No tiers have been computed yet: everybody would get a first one.",
                **values,
            )
        return self.env._(
            "As of %(date)s these settings divide %(customers)s customers like this; "
            "%(moving)s of them would change tier.",
            **values,
        )

    def _get_preview_warnings(self):
        """Sentences: what stands in the way of good tiers, and what to do about it."""
        preview, warnings = self.preview, []
        if not preview["customers"]:
            return [
                self.env._(
                    "Nobody has bought yet, so there is nothing to divide. Confirm or "
                    "import orders, or choose the other source in the first step. You "
                    "can save all the same: tiers come with the next computation."
                )
            ]
        if not preview["sufficient"]:
            warnings.append(
                self.env._(
                    "Too few customers: %(customers)s have bought, and scores and tiers "
                    "stay empty below %(minimum)s. Wait for more, or lower the minimum "
                    "in step Tiers.",
                    customers=preview["customers"],
                    minimum=self.min_customers,
                )
            )
        if 2 * preview["idle"] > preview["customers"]:
            warnings.append(
                self.env._(
                    "%(idle)s customers have not bought in the period of %(days)s days: "
                    "only recency tells them apart. A longer period, or 0 for the whole "
                    "history, compares them better.",
                    idle=preview["idle"],
                    days=self.window_days,
                )
            )
        if not preview["repeaters"]:
            warnings.append(
                self.env._(
                    "No customer has bought twice. Lifetime values and churn follow a "
                    "rule of thumb until some have."
                )
            )
        elif preview["forecast"] == "rule":
            warnings.append(
                self.env._(
                    "%(repeaters)s customers have bought twice; the forecast needs "
                    "%(minimum)s. Until then lifetime values and churn follow a rule of "
                    "thumb.",
                    repeaters=preview["repeaters"],
                    minimum=self.min_repeaters,
                )
            )
        labels = self._get_tier_names(preview)
        empty = [
            labels[tier["tier_id"]]
            for tier in preview["tiers"]
            if tier["tier_id"] and not tier["customers"]
        ]
        if preview["sufficient"] and empty:
            warnings.append(
                self.env._(
                    "Nobody would be in: %(tiers)s. Customers with equal scores stay "
                    "together; change the limits, or the weights.",
                    tiers=format_list(self.env, empty),
                )
            )
        if preview["documents_without_rate"]:
            warnings.append(self._get_rate_sentence())
        return warnings

    def _get_rate_sentence(self):
        currencies = self.preview["currencies"]
        return self.env._(
            "%(count)s orders are in a currency without an exchange rate (%(currencies)s) "
            "and do not count. Enter the rate under Invoicing / Configuration / "
            "Currencies and look again, or tick “Leave them out”.",
            count=self.preview["documents_without_rate"],
            currencies=format_list(self.env, currencies) if currencies else "?",
        )

    @api.model
    def _get_partner_names(self, preview):
        """Names by id, of the customers whom the user may see."""
        ids = [partner for tier in preview["tiers"] for partner in tier["examples"]]
        ids += [mover["partner_id"] for mover in preview["movers"]]
        partners = self.env["res.partner"].search_fetch(
            [("id", "in", ids)], ["display_name"]
        )
        return {partner.id: partner.display_name for partner in partners}

    @api.model
    def _get_tier_names(self, preview):
        ids = {tier["tier_id"] for tier in preview["tiers"]}
        ids |= {move["from_id"] for move in preview["moves"]} - {None}
        tiers = self.env["crm.value.tier"].browse(ids - {None}).exists()
        return {
            **dict.fromkeys(ids, self.env._("No tier")),
            **{tier.id: tier.name for tier in tiers},
            None: self.env._("No tier"),
        }

    @api.model
    def _format_share(self, part, whole):
        if not whole:
            return "–"
        form = self.env["crm.explanation.mixin"]
        return form._format_rate(100 * part / whole, digits=1)
