import json
from itertools import chain

from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
    odoo_charts,
)

# Waits until every formula of the sheet "Data" is there, and compares.
COMPARE = """
(async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 200));
    const until = async (what, find) => {
        for (let attempt = 0; attempt < 150; attempt++, await wait()) {
            const found = find();
            if (found) {
                return found;
            }
        }
        throw new Error("waited in vain: " + what);
    };
    const model = await until("the board", () => {
        const {services} = odoo.__WOWL_DEBUG__.root.env;
        return services.spreadsheet_dashboard_loader?.getActiveDashboard()?.model;
    });
    const {getters} = model;
    const sheetId = getters.getSheetIds().find((id) => getters.getSheetName(id) === "Data");
    const cell = (col, row) => getters.getEvaluatedCell({sheetId, col, row});
    const expected = %s;
    const rows = expected.map((_values, index) => index + 1);
    const values = () => rows.flatMap((row) => [cell(1, row), cell(2, row)]);
    await until("the figures", () => !values().some((one) => one.value === "Loading..."));
    const differences = values().filter((one, index) => {
        const value = expected[index >> 1][index & 1];
        return value === null
            ? !["", "–", null, 0].includes(one.value)
            : !(Math.abs(one.value - value) < 0.005);
    });
    if (differences.length) {
        const found = JSON.stringify(values().map((one) => one.message || one.value));
        throw new Error("figures: " + found + ", expected " + JSON.stringify(expected));
    }
    const figures = await until("charts", () => {
        const found = document.querySelectorAll(".o-figure canvas");
        return found.length >= %d && found;
    });
    figures[0].click();
    await until("the figures behind it", () => document.querySelector(".o_pivot_view"));
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


def get_sources(document):
    """Pivots, lists and charts: name, model and filters of each."""
    for pivot in document["pivots"].values():
        yield pivot["name"], pivot["model"], pivot["fieldMatching"]
    for records in document["lists"].values():
        yield records["name"], records["model"], records["fieldMatching"]
    for chart in odoo_charts(document):
        yield chart["id"], chart["metaData"]["resModel"], chart["fieldMatching"]


class DashboardChecks:
    """Whatever a dashboard of the add-on ``module`` names exists, and can be read."""

    module = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = cls.env["ir.model.data"].search(
            [
                ("model", "=", "spreadsheet.dashboard"),
                ("module", "=", cls.module),
            ]
        )
        cls.dashboards = cls.env["spreadsheet.dashboard"].browse(found.mapped("res_id"))
        cls.documents = {
            dashboard: json.loads(dashboard.spreadsheet_data)
            for dashboard in cls.dashboards
        }

    def _resolve(self, model, path):
        """The field at the end of ``path``, a chain of relations."""
        *relations, last = path.split(".")
        for name in relations:
            model = self.env[model]._fields[name].comodel_name
        return self.env[model]._fields[last]

    def test_fields_and_menus(self):
        self.assertTrue(self.documents)
        for dashboard, document in self.documents.items():
            with self.subTest(dashboard=dashboard.name):
                for model, paths in fields_in_spreadsheet(document).items():
                    for path in paths:
                        self.assertTrue(self._resolve(model, path.partition(":")[0]))
                menus = menus_xml_ids_in_spreadsheet(document)
                self.assertTrue(menus)
                for xml_id in menus:
                    self.assertTrue(self.env.ref(xml_id).action, xml_id)

    def test_filters(self):
        """Each filter acts through a field of its own kind, on something at least."""
        for dashboard, document in self.documents.items():
            filters = {one["id"]: one for one in document["globalFilters"]}
            used = set()
            for name, model, matching in get_sources(document):
                for key, match in matching.items():
                    with self.subTest(dashboard=dashboard.name, source=name, key=key):
                        field = self._resolve(model, match["chain"])
                        self.assertEqual(field.type, match["type"])
                        self.assertTrue(
                            field.store or field.search or field.related,
                            "cannot be searched",
                        )
                        if filters[key]["type"] == "relation":
                            self.assertEqual(
                                field.comodel_name, filters[key]["modelName"]
                            )
                        else:
                            self.assertIn(field.type, ("date", "datetime"))
                        used.add(key)
            self.assertEqual(used, set(filters), dashboard.name)

    def test_everything_can_be_read(self):
        """As the client asks for it: every grouping, measure and domain."""
        for dashboard, document in self.documents.items():
            for pivot in document["pivots"].values():
                with self.subTest(dashboard=dashboard.name, pivot=pivot["name"]):
                    groupby = [
                        ":".join(filter(None, (d["fieldName"], d.get("granularity"))))
                        for d in chain(pivot["rows"], pivot["columns"])
                    ]
                    measures = [measure["id"] for measure in pivot["measures"]]
                    self.env[pivot["model"]].formatted_read_group(
                        pivot["domain"], groupby, measures
                    )
            for chart in odoo_charts(document):
                with self.subTest(dashboard=dashboard.name, chart=chart["id"]):
                    meta, model = (
                        chart["metaData"],
                        self.env[chart["metaData"]["resModel"]],
                    )
                    measure = meta["measure"]
                    if measure != "__count":
                        aggregator = model._fields[measure].aggregator
                        self.assertTrue(aggregator, f"{measure} cannot be added up")
                        measure = f"{measure}:{aggregator}"
                    model.formatted_read_group(
                        chart["searchParams"]["domain"], meta["groupBy"], [measure]
                    )
            for records in document["lists"].values():
                with self.subTest(dashboard=dashboard.name, list=records["name"]):
                    self.env[records["model"]].search_read(
                        records["domain"],
                        records["columns"],
                        limit=1,
                        order=", ".join(
                            f"{one['name']} {'asc' if one['asc'] else 'desc'}"
                            for one in records["orderBy"]
                        ),
                    )
