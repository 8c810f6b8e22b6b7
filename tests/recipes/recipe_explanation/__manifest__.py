{
    "name": "Recipe: an explanation",
    "version": "19.0.1.0.0",
    "author": "CRM Value Suite contributors",
    "license": "LGPL-3",
    "depends": ["crm_metric"],
    "data": ["views.xml"],
}
