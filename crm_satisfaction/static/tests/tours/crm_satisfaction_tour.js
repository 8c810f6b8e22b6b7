import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A manager enters what a customer said on the phone, and withdraws it.
registry.category("web_tour.tours").add("crm_satisfaction", {
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
            content: "open the answers",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_satisfaction.menu_satisfaction']",
            run: "click",
        },
        {
            content: "the empty list offers the template",
            trigger:
                ".o_nocontent_help:contains('Nobody has been asked yet') a[href$='crm_satisfaction.xlsx']",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='partner_id'] input",
            run: "edit Value Test Rung 3",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Value Test Rung 3')",
            run: "click",
        },
        {
            content: "the scale is that of CSAT",
            trigger: ".o_field_widget[name='choice'] input",
            run: "click",
        },
        {
            trigger:
                ".o_select_menu_menu:not(:contains('6')) .o_select_menu_item:contains('2')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='comment'] textarea",
            run: "edit Nobody called back",
        },
        ...stepUtils.saveForm(),
        {
            content: "it is an answer now, with the tier, and cannot be edited",
            trigger: ".o_form_view .oe_title:contains('CSAT'):contains('2 of 5')",
        },
        {
            trigger: ".o_field_widget[name='tier_id']:contains('Mid')",
        },
        {
            trigger: ".o_field_widget.o_readonly_modifier[name='comment']",
        },
        {
            content: "it was somebody else",
            trigger: "button[name='action_withdraw']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Another customer said so",
        },
        {
            trigger: ".modal footer button[name='action_withdraw']",
            run: "click",
        },
        {
            content: "it says why it does not count",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name='withdrawal_reason']:contains('Another customer said so')",
        },
    ],
});
