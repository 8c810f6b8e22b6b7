{
    "name": "Recipe: a metric",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "depends": ["crm_metric"],
    "data": ["data.xml"],
}
