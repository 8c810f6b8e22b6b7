import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const openCrm = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open CRM",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
];

const openMenu = (section, item) => [
    {
        content: `open the menu ${section}`,
        trigger: `button[data-menu-xmlid='${section}']`,
        run: "click",
    },
    {
        content: `open ${item}`,
        trigger: `.dropdown-item[data-menu-xmlid='${item}']`,
        run: "click",
    },
];

// A seller sees who moved this month, and opens the one who moved up.
registry.category("web_tour.tours").add("crm_value_moves", {
    steps: () => [
        ...openCrm(),
        ...openMenu(
            "crm_value_tiering.menu_value_root",
            "crm_value_tiering.menu_value_moves",
        ),
        {
            content: "this month, up before down",
            trigger:
                "body:has(.o_searchview_facet:contains('This Month')) .o_kanban_group:first .o_column_title:contains('Moved up')",
        },
        {
            content: "who bought much moved from Low to High, with the score",
            trigger:
                ".o_kanban_group:has(.o_column_title:contains('Moved up')) .o_kanban_record:contains('Value Test Rung 9'):has([name='from_tier_id']:contains('Low')):has([name='to_tier_id']:contains('High')):contains(/score [0-9.]+ → [0-9.]+/)",
        },
        {
            content: "who was passed moved down",
            trigger:
                ".o_kanban_group:has(.o_column_title:contains('Moved down')) .o_kanban_record:contains('Value Test Rung 1'):has([name='from_tier_id']:contains('High')):has([name='to_tier_id']:contains('Mid'))",
        },
        {
            content: "open the one who moved up",
            trigger: ".o_kanban_record:contains('Value Test Rung 9')",
            run: "click",
        },
        {
            content: "the contact's card shows the tier of today",
            trigger: ".o_form_view .o_customer_card_tier:contains('High')",
        },
    ],
});

// A seller selects two customers and takes them home as an Excel file.
registry.category("web_tour.tours").add("crm_value_excel", {
    steps: () => [
        ...openCrm(),
        ...openMenu(
            "crm_value_tiering.menu_value_root",
            "crm_value_tiering.menu_value_profile",
        ),
        {
            content: "select the best customer",
            trigger: ".o_data_row:contains('Value Test Rung 0') input[type='checkbox']",
            run: "click",
        },
        {
            content: "and another one",
            trigger: ".o_data_row:contains('Value Test Rung 3') input[type='checkbox']",
            run: "click",
        },
        {
            content: "instead of the browser's download, note what arrives",
            trigger: ".o_selection_box:contains('2')",
            run() {
                browser.open = async (url) => {
                    const response = await fetch(url);
                    const bytes = new Uint8Array(await response.arrayBuffer());
                    document.body.dataset.arrived = [
                        response.status,
                        response.headers.get("Content-Disposition").includes(".xlsx"),
                        String.fromCharCode(...bytes.slice(0, 2)),
                    ].join(" ");
                };
            },
        },
        {
            content: "ask for the file",
            trigger: "button[name='action_export_xlsx']:contains('Excel')",
            run: "click",
        },
        {
            content: "a workbook arrived",
            trigger: "body[data-arrived='200 true PK']",
        },
    ],
});

// A manager measures the forecast against the company's own past.
registry.category("web_tour.tours").add("crm_value_accuracy", {
    steps: () => [
        ...openCrm(),
        ...openMenu("crm.crm_menu_config", "crm_value_tiering.menu_value_holdout"),
        {
            content: "the empty list explains; check",
            trigger: ".o_control_panel button:contains('Check Accuracy')",
            run: "click",
        },
        {
            content: "days are proposed",
            trigger: ".modal div[name='until']:contains(/[0-9]/)",
        },
        {
            content: "with a later first day there is more to learn from",
            trigger: ".modal div[name='calibrate_until'] .o_input",
            run: "click",
        },
        {
            trigger: ".modal div[name='calibrate_until'] input.o_input",
            run: `edit ${luxon.DateTime.now().minus({days: 60}).toFormat("MM/dd/yyyy")}`,
        },
        {
            content: "check",
            trigger: ".modal button[name='action_check']",
            run: "click",
        },
        {
            content: "measured: the forecast beside the two simple rules",
            trigger:
                ".o_form_view .o_value_holdout:contains('the forecast expected'):has(td:contains('Last purchase alone')):has(td:contains('revenue alone'))",
        },
        {
            content: "and by tenths of the customers, expected beside bought",
            trigger: ".o_value_holdout table:eq(1) tbody tr:eq(4)",
        },
    ],
});
