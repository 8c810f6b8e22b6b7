import {registry} from "@web/core/registry";

// A manager asks why a figure is what it is: from the list, then on the figure's page.
registry.category("web_tour.tours").add("crm_metric_why", {
    steps: () => [
        {
            content: "rates, not the revenue that is shown at first",
            trigger: ".o_search_panel_category_value header:contains('Retention Rate')",
            run: "click",
        },
        {
            content: "ask why, on the row of the seller",
            trigger:
                ".o_data_row:contains('Metric Test Team'):contains('25.0 %') .o_crm_explanation_button",
            run: "click",
        },
        {
            content: "the parts, in words",
            trigger:
                ".modal[role=dialog]:has(.modal-title:contains('Why: Retention Rate')) p:contains('1 (customers who bought again) ÷ 4 (customers of the year before) = 25.0 %')",
        },
        {
            content: "and the total they make",
            trigger: ".modal .o_crm_explanation tfoot:contains('40.0 %')",
        },
        {
            content: "close",
            trigger: ".modal footer .btn-primary:contains('Close')",
            run: "click",
        },
        {
            content: "back on the list",
            trigger:
                "body:not(:has(.modal)) .o_list_view .o_data_row:contains('25.0 %') .o_data_cell[name='metric_id']",
            run: "click",
        },
        {
            content: "the page of the figure says the same",
            trigger: ".o_form_view .o_crm_explanation tfoot:contains('40.0 %')",
        },
    ],
});
