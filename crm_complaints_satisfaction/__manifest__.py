{
    "name": "Customer Complaints: Satisfaction",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Marks after service as satisfaction answers, and the CSS of each month",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints",
        "crm_satisfaction",
    ],
    "data": [
        "data/crm_metric_data.xml",
        "data/ir_cron_data.xml",
    ],
    "auto_install": True,
}
