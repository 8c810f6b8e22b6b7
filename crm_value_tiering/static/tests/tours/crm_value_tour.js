import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A seller finds a High customer, reads why, and looks at the pipeline by tier.
registry.category("web_tour.tours").add("crm_value_read_why", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the menu of customer value",
            trigger: "button[data-menu-xmlid='crm_value_tiering.menu_value_root']",
            run: "click",
        },
        {
            content: "open the customers",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_tiering.menu_value_profile']",
            run: "click",
        },
        {
            content: "best first: the first customer is High",
            trigger:
                ".o_list_view .o_data_row:first:contains('Value Test Rung 0'):contains('High')",
        },
        {
            content: "open the customer",
            trigger: ".o_data_row:first .o_data_cell[name='partner_id']",
            run: "click",
        },
        {
            content: "the contact shows the tier; open its Value page",
            trigger: ".o_form_view .o_notebook_headers a.nav-link[name='value']",
            run: "click",
        },
        {
            content: "read why",
            trigger:
                ".o_crm_explanation:contains('High: the value score of'):contains('reaches the limit of')",
        },
        {
            content: "read what was measured",
            trigger:
                ".o_crm_explanation td:contains('last purchase 5 days ago, on 06/25/2026')",
        },
        {
            content: "read what follows from it",
            trigger: ".o_crm_explanation dt:contains('Annual Revenue × Retention')",
        },
        {
            content: "go back to the customers",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row",
        },
        {
            content: "open the pipeline's menu",
            trigger: "button[data-menu-xmlid='crm.crm_menu_sales']",
            run: "click",
        },
        {
            content: "open the pipeline",
            trigger: ".dropdown-item[data-menu-xmlid='crm.menu_crm_opportunities']",
            run: "click",
        },
        {
            content: "the card of the opportunity shows the tier",
            trigger:
                ".o_kanban_view .o_kanban_record:contains('Value Test Deal') [name='value_tier_id']:contains('High')",
        },
        {
            content: "open the search menu",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "group by value tier",
            trigger: ".o_group_by_menu .o_menu_item:contains('Value Tier')",
            run: "click",
        },
        {
            content: "the opportunity is in the column of its tier",
            trigger:
                ".o_kanban_group:has(.o_column_title:contains('High')) .o_kanban_record:contains('Value Test Deal')",
        },
    ],
});

// A manager computes the tiers and sees the result.
registry.category("web_tour.tours").add("crm_value_compute_now", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the menu of customer value",
            trigger: "button[data-menu-xmlid='crm_value_tiering.menu_value_root']",
            run: "click",
        },
        {
            content: "open the wizard",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_tiering.menu_value_recompute']",
            run: "click",
        },
        {
            content: "compute as of today",
            trigger: ".modal button[name='action_recompute']",
            run: "click",
        },
        {
            content: "ten customers were computed",
            trigger: ".o_form_view [name='customer_count']:contains('10')",
        },
        {
            content: "the tiers are listed",
            trigger: ".o_form_view [name='summary_html'] td:contains('High')",
        },
        {
            content: "show the customers",
            trigger: "button[name='action_open_profiles']",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Value Test Rung 0')",
        },
    ],
});
