{
    "name": "Customer Satisfaction: Surveys",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Ask a fair sample of customers on a schedule: NPS, and what they think of "
    "function, quality, price and service",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_satisfaction",
        "survey",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/crm_satisfaction_plan_rules.xml",
        "data/survey_survey_data.xml",
        "data/mail_template_data.xml",
        "data/ir_cron_data.xml",
        "views/crm_satisfaction_plan_views.xml",
        "views/survey_question_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
