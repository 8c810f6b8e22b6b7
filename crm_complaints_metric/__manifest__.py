{
    "name": "Customer Complaints: Metrics",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Complaint rate, time to answer and to solve, promises kept, per month",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints",
        "crm_metric",
    ],
    "data": ["data/crm_metric_data.xml"],
    "auto_install": True,
}
