"""Run in `odoo shell` on a database with all recipes; prints what each of them did."""

# ruff: noqa: F821 - `env` is the shell's
import json
from datetime import timedelta

from odoo import fields

company = env["res.company"].create({"name": "Recipes"})
env = env(context={**env.context, "allowed_company_ids": company.ids})
company = company.with_env(env)
today = company._get_value_today()
product = env["product.product"].create({"name": "Recipe", "type": "service"})
customers = env["res.partner"].create([{"name": f"Cook {n:02}"} for n in range(25)])


def order(partner, days, amount):
    line = {"product_id": product.id, "price_unit": amount, "tax_ids": False}
    return env["sale.order"].create(
        {
            "partner_id": partner.id,
            "date_order": fields.Datetime.now() - timedelta(days=days),
            "order_line": [fields.Command.create(line)],
        }
    )


orders = env["sale.order"].concat(
    *(order(partner, n, 100 + n) for n, partner in enumerate(customers))
)
orders.write({"state": "sale"})
cook, helper = customers[0], customers[1]
order(cook, 0, 5)  # an open quotation
for partner, count in ((cook, 3), (helper, 1)):
    for number in range(count):
        env["crm.lead"].create(
            {"name": f"Dish {number}", "partner_id": partner.id, "type": "opportunity"}
        )
(order(helper, 0, 7) + order(helper, 0, 8)).write({"state": "cancel"})
done = {}


def compute(**weights):
    policy = env["crm.value.policy"]._get_for_company(company, today)
    policy.write({"date_from": "2000-01-01", **weights})
    run = env["crm.value.run"].recompute(company)
    assert run.state == "done", run.error
    profile = env["crm.value.profile"].search(
        [("partner_id", "=", cook.id), ("company_id", "=", company.id)]
    )
    return profile


# a dimension: measured, explained, and empty again
profile = compute(weight_recency=10, weight_pipeline=20)
done["dimension"] = {
    "count": profile.pipeline_count,
    "score": profile.score_pipeline,
    "words": "open opportunities: 3" in str(profile.explanation_html),
}
profile = compute(weight_recency=30, weight_pipeline=0)
done["dimension"]["after"] = [profile.pipeline_count, profile.score_pipeline]
# a figure on the card
done["card"] = {
    figure["name"]: figure["value"] for figure in profile._get_card_figures()
}
# a metric: two cancelled of 28 orders of this month and the last
month = today.replace(day=1)
env["crm.metric.run"].recompute(company, month - timedelta(days=1), month)
facts = env["crm.metric.fact"].search(
    [("code", "=", "cancellation"), ("company_id", "=", company.id)]
)
done["metric"] = [
    sum(facts.mapped("numerator")),
    sum(facts.mapped("denominator")),
]
# an explanation: 2 of 28 in the recipe's own metric, 7.14 % of a target of 10 %
target = env["crm.metric.target"].create(
    {
        "metric_id": facts.metric_id.id,
        "company_id": company.id,
        "target": 10,
        "date_from": (month - timedelta(days=1)).replace(day=1),
        "date_to": (month + timedelta(days=40)).replace(day=1),
    }
)
done["explanation"] = [
    why := target._get_explanation()["values"][0],
    all(str(why[key]) in str(target.explanation_html) for key in ("label", "formula")),
]
# a source of revenue: nobody has paid, so nobody has bought
profile = compute(source="paid")
done["source"] = [profile.purchase_days, env["crm.value.run"].search([])[0].state]
# a job
env["recipe.census"]._cron_count()
census = env["recipe.census"].search([("company_id", "=", company.id)])
done["job"] = [census.state, census.customer_count]
print(json.dumps(done))
