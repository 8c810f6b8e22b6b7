{
    "name": "Customer Complaints: Goodwill Points",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Points for a customer as the solution of a request",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints",
        "crm_loyalty",
    ],
    "data": ["data/crm_complaint_remedy_data.xml"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
