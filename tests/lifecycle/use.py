"""What somebody does with each add-on between its installation and its removal.

Scripts for `odoo shell`, on top of the add-on's demo data. Each leaves rows in every table
of its add-on, and in those of others rows that name it: a module that can only be removed
while it is unused has not been removed.
"""

from __future__ import annotations

COMMON = """
from datetime import timedelta
company = env.ref("base.main_company")
env = env(context={**env.context, "allowed_company_ids": company.ids})
def customer(name):
    return env.ref(f"crm_value_tiering.res_partner_demo_{name}")
def favourite(model, domain):
    env["ir.filters"].create(
        {"name": f"{model} {domain}", "model_id": model, "domain": domain}
    )
today = company._get_value_today()
"""
# Models of the add-on whose tables are empty.
UNUSED = """
env.cr.commit()
print(
    *(
        name
        for name, model in env.items()
        if model._original_module == MODULE
        and not (model._abstract or model._transient)
        and not model.with_context(active_test=False).search_count([], limit=1)
    )
)
"""
USE = {
    "crm_value_tiering": """
tier = env["crm.value.tier"].create({"name": "Partner", "sequence": 5})
env["crm.value.override"].create(
    {
        "company_id": company.id,
        "partner_id": customer("copper_kettle").id,
        "tier_id": tier.id,
        "reason": "Signed a contract",
        "date_from": today,
    }
)
policy = env["crm.value.policy"]._get_for_company(company, today)
policy._revise({"hysteresis": 10}, today)
holdouts = env["crm.value.holdout"]
holdouts._check(company, policy, *holdouts._get_proposed_days(company, policy))
env["crm.job.run"]._keep_failure(company, "lifecycle", ValueError("failed"))
# a look at the past, which nobody has ended
env["crm.value.run"].recompute(company, today - timedelta(days=7))
env["sale.order.line"].search([("state", "=", "sale")], order="id", limit=1).price_unit += 1
favourite("crm.value.profile", "[('value_score', '>', 50)]")
favourite("crm.lead", "[('value_tier_id', '!=', False)]")
""",
    "crm_metric": """
favourite("crm.metric.fact", "[('code', '=', 'revenue')]")
revenue = env["crm.metric"].search([("code", "=", "revenue")])
target = env["crm.metric.target"].create(
    {
        "metric_id": revenue.id,
        "company_id": company.id,
        "date_from": "2026-01-01",
        "date_to": "2027-01-01",
        "target": 10**12,
    }
)
plan = env["crm.metric.plan"].create(
    {
        "target_id": target.id,
        "company_id": company.id,
        "month": "2026-01-01",
        "goal": 2,
        "missed": 1,
    }
)
plan.measure_ids = [(0, 0, {"name": "Call them"})]
""",
    "crm_satisfaction": """
env["crm.satisfaction.answer"].search([], limit=1)._withdraw("Was meant for another")
policy = env["crm.value.policy"]._get_for_company(company, today)
policy._revise({"weight_variety": 0, "weight_satisfaction": 10}, today)
env["crm.value.run"].recompute(company)
env["crm.metric.target"].create(
    {
        "metric_id": env.ref("crm_satisfaction.crm_metric_nps").id,
        "company_id": company.id,
        "date_from": today.replace(day=1),
        "date_to": False,
        "target": 40,
    }
)
favourite("crm.satisfaction.answer", "[('kind', '=', 'nps')]")
favourite("crm.value.profile", "[('score_satisfaction', '>', 3)]")
""",
    "crm_value_retention": """
reason = env["crm.churn.reason"].create({"name": "Moved abroad"})
env["crm.churn.record"].create(
    {
        "partner_id": customer("harbour_street_cafe").id,
        "company_id": company.id,
        "reason_id": reason.id,
    }
)
plan = env["mail.activity.plan"].create({"name": "Call", "res_model": "res.partner"})
env.ref("crm_value_tiering.crm_value_tier_low").write(
    {"contact_days": 1, "contact_plan_id": plan.id}
)
favourite("crm.value.profile", "[('next_contact_date', '<', 'today')]")
""",
    "crm_complaints": """
team = env["crm.complaint.team"].search([("company_id", "=", company.id)])
tier = env["crm.value.tier"].search([], limit=1)
policy = env["crm.complaint.sla.policy"].search([("tier_ids", "=", tier.id)], limit=1)
complaint = env["crm.complaint"].create(
    {
        "name": "The lamp flickers",
        "partner_id": customer("copper_kettle").id,
        "team_id": team.id,
        "tag_ids": [(0, 0, {"name": "Lamps"})],
    }
)
quality = env.ref("crm_complaints.crm_complaint_cause_quality")
env["crm.complaint.cause"].create({"name": "Packaging", "parent_id": quality.id})
env["crm.complaint.intake"].create(
    {"reason": "automatic", "company_id": company.id, "team_id": team.id, "subject": "Away"}
)
solution = env["crm.complaint.solution"].create(
    {
        "complaint_id": complaint.id,
        "remedy_id": env["crm.complaint.remedy"].create({"name": "Flowers"}).id,
        "amount": 5000,
    }
)
solution.action_approve()
action = env["crm.complaint.capa"].create(
    {"company_id": company.id, "cause_id": quality.id, "analysis": "Because"}
)
action.action_carried_out()
env["crm.complaint.alarm"].create(
    {
        "company_id": company.id,
        "dimension": "cause",
        "cause_id": quality.id,
        "series": f"cause,{quality.id}",
        "first_week": "2026-06-01",
        "week": "2026-06-01",
        "weeks": 1,
        "capa_id": action.id,
    }
)
wish = env["crm.complaint"].create(
    {"name": "A dimmer", "type": "suggestion", "partner_id": complaint.partner_id.id}
)
wish.action_gather()
wish.idea_id.answer = "Version 3 has one."
wish.idea_id.action_adopt()
env["crm.complaint.process"].create({"company_id": company.id, "change_date": today})
env["crm.complaint.clock"]._sweep_company(company)
favourite("crm.complaint", "[('severity', '=', '4')]")
""",
    "crm_complaints_metric": """
env["crm.metric.run"].recompute(company)
favourite("crm.metric.fact", "[('code', '=', 'complaints')]")
""",
    "crm_complaints_loyalty": """
programs = env["loyalty.program"]
programs._create_ledger_program(
    {
        "name": "Points",
        "company_id": company.id,
        "reward_ids": programs._prepare_reward_commands(100, 10),
    }
)
person = env["res.partner"].create({"name": "Person", "email": "p@example.com"})
complaint = env["crm.complaint"].create({"name": "Lamp", "partner_id": person.id})
solution = env["crm.complaint.solution"].create(
    {
        "complaint_id": complaint.id,
        "remedy_id": env.ref("crm_complaints_loyalty.crm_complaint_remedy_points").id,
        "amount": 5,
        "partner_id": person.id,
    }
)
solution.action_carry_out()
""",
    "crm_complaints_satisfaction": """
person = env["res.partner"].create({"name": "Person", "email": "p@example.com"})
complaint = env["crm.complaint"].create({"name": "Lamp", "partner_id": person.id})
env["rating.rating"].create(
    {
        "res_model_id": env["ir.model"]._get_id("crm.complaint"),
        "res_id": complaint.id,
        "partner_id": complaint.partner_id.id,
        "rating": 4,
        "consumed": True,
    }
)
complaint.marked_at = "2026-06-01 12:00:00"
env["crm.complaint"]._record_marks(complaint.company_id)
""",
    "crm_complaints_incentives": """
today = company._get_value_today()
env["crm.incentive.contest"].create(
    {
        "name": "Best service",
        "company_id": company.id,
        "unit": "user",
        "date_from": today.replace(year=today.year + 1, day=1),
        "date_to": today.replace(year=today.year + 1, day=2),
        "criterion_ids": [(0, 0, {"metric": "service_hours"})],
        "prize_ids": [(0, 0, {"name": "Weekend"})],
    }
)._get_places()
""",
    "crm_satisfaction_survey": """
plan = env["crm.satisfaction.plan"].create(
    {"name": "Twice a Year", "company_id": company.id, "is_running": True}
)
person = env["res.partner"].create({"name": "Person", "email": "p@example.com"})
asked = plan._ask([(person.id, person.id)])
asked._save_lines(env.ref("crm_satisfaction_survey.question_recommend"), "9")
asked._mark_done()
favourite("crm.satisfaction.plan", "[('is_running', '=', True)]")
""",
    "crm_loyalty": """
program = env.ref("crm_loyalty.loyalty_program_demo")
hotel = customer("northgate_hotel")
member = env["crm.loyalty.member"]._find(program, hotel)
order = env["sale.order"].create(
    {
        "partner_id": hotel.id,
        "order_line": [
            (0, 0, {"product_id": env["product.product"].search([], limit=1).id})
        ],
    }
)
order._update_programs_and_rewards()
order._apply_program_reward(program.reward_ids[0], member.card_id)
order.action_confirm()
order._action_cancel()
order.unlink()
env.cr.commit()
env["crm.loyalty.event"]._mark(env["sale.order"].search([("state", "=", "sale")], limit=1))
env["crm.lead"].search([("partner_id", "!=", False)], limit=1).write(
    {"crm_referral_code": member.referral_code}
)
brought = env["crm.loyalty.referral"].search([("state", "=", "waiting")], limit=1)
brought._reward(company._get_value_today())
env["crm.loyalty.measure"]._measure(program, company._get_value_today())
favourite("crm.loyalty.member", "[('available', '>', 0)]")
favourite("crm.loyalty.referral", "[('state', '=', 'waiting')]")
favourite("loyalty.program", "[('crm_ledger', '=', True)]")
""",
    "crm_team_incentives": """
period = env.ref("crm_team_incentives.crm_incentive_period_demo")
env["crm.incentive.inquiry"].create({"line_id": period.line_ids[0].id, "reason": "other"})
draft = env.ref("crm_team_incentives.crm_incentive_version_demo").action_new_version()
env["crm.incentive.frequency"].create(
    {"version_id": draft["res_id"], "orders_from": 0, "factor": 100}
)
period.with_user(env.ref("base.user_admin")).action_compute()
env["crm.incentive.split"].create(
    {
        "lead_id": env.ref("crm_team_incentives.crm_lead_demo").id,
        "user_id": env.ref("crm_team_incentives.res_users_demo_anna").id,
        "share": 100,
    }
)
simulation = env["crm.incentive.simulation"].create(
    {
        "version_id": env.ref("crm_team_incentives.crm_incentive_version_demo").id,
        "period_from_id": period.id,
        "period_to_id": period.id,
    }
)
simulation.action_compute()
today = simulation.company_id._get_value_today()
contest = env["crm.incentive.contest"].create(
    {
        "name": "Best teams",
        "company_id": simulation.company_id.id,
        "date_from": today.replace(year=today.year + 1, day=1),
        "date_to": today.replace(year=today.year + 1, day=2),
        "criterion_ids": [(0, 0, {"metric": "amount_order"})],
        "prize_ids": [(0, 0, {"name": "Trip", "flight_amount": 500})],
    }
)
contest.action_announce()
env["crm.incentive.contest.result"].create(
    {
        "contest_id": contest.id,
        "company_id": contest.company_id.id,
        "user_id": env.ref("crm_team_incentives.res_users_demo_anna").id,
        "state": "none",
    }
)
favourite("crm.incentive.line", "[('kind', '=', 'clawback')]")
favourite("sale.order", "[('incentive_split_ids', '!=', False)]")
""",
}


def script(module: str) -> str:
    """Use the add-on; prints the models that are still without a row."""
    return f"MODULE = {module!r}\n{COMMON}\n{USE[module]}\n{UNUSED}"
