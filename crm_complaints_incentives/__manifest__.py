{
    "name": "Customer Complaints: Contests",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Contests of service on satisfaction, solving time and attitude",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints_satisfaction",
        "crm_team_incentives",
    ],
    "auto_install": True,
}
