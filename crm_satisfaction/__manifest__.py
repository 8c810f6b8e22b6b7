{
    "name": "Customer Satisfaction",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_metric",
        "privacy_lookup",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/crm_satisfaction_rules.xml",
        "data/crm_metric_data.xml",
        "wizards/crm_satisfaction_withdraw_views.xml",
        "views/crm_satisfaction_answer_views.xml",
        "views/crm_value_views.xml",
        "views/crm_satisfaction_menus.xml",
    ],
    "assets": {"web.assets_tests": ["crm_satisfaction/static/tests/tours/**/*"]},
    "uninstall_hook": "uninstall_hook",
}
