{
    "name": "Customer Metrics",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Revenue, retention and acquisition per month, with targets",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_value_tiering",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/crm_metric_rules.xml",
        "data/crm_metric_data.xml",
        "data/ir_cron_data.xml",
        "wizards/crm_metric_recompute_views.xml",
        "views/crm_campaign_cost_views.xml",
        "views/crm_metric_cohort_views.xml",
        "views/crm_metric_fact_views.xml",
        "views/crm_metric_run_views.xml",
        "views/crm_metric_plan_views.xml",
        "views/crm_metric_target_views.xml",
        "views/crm_metric_views.xml",
        "views/utm_campaign_views.xml",
        "views/crm_metric_menus.xml",
        # Its links are checked when it is loaded: the menus must be there.
        "data/spreadsheet_dashboard_data.xml",
    ],
    "demo": [
        "demo/crm_campaign_cost_demo.xml",
        "demo/crm_metric_target_demo.xml",
        "demo/crm_metric_run_demo.xml",
    ],
    "assets": {
        "web.assets_tests": ["crm_metric/static/tests/tours/**/*"],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
