{
    "name": "Recipe: a dimension of the value score",
    "version": "19.0.1.0.0",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": ["crm_value_tiering"],
}
