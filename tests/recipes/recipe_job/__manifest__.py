{
    "name": "Recipe: a job",
    "version": "19.0.1.0.0",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": ["crm_value_tiering"],
    "data": ["security/ir.model.access.csv", "data.xml"],
}
