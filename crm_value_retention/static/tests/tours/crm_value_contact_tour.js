import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// A seller works through who is due: open, call, done.
registry.category("web_tour.tours").add("crm_value_contact_due", {
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
            content: "open who is due",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_value_retention.menu_value_contact_due']",
            run: "click",
        },
        {
            content: "own customers, the days that passed in words",
            trigger:
                ".o_data_row:contains('Value Test Rung 0') [name='next_contact_date']:contains('days ago')",
        },
        {
            content: "open the customer",
            trigger: ".o_data_row:contains('Value Test Rung 0') [name='partner_id']",
            run: "click",
        },
        {
            content: "the activity is there",
            trigger: ".o-mail-Activity:contains('Regular contact is due')",
        },
        {
            content: "it is done",
            trigger: ".o-mail-Activity .o-mail-Activity-markDone",
            run: "click",
        },
        {
            trigger: ".o-mail-ActivityMarkAsDone textarea",
            run: "edit Wants the autumn list",
        },
        {
            trigger: ".o-mail-ActivityMarkAsDone button:contains(/^Done$/)",
            run: "click",
        },
        {
            content: "the chatter has it, and nothing is left to do",
            trigger:
                ".o-mail-Chatter:not(:has(.o-mail-Activity)) .o-mail-Message:contains('Wants the autumn list')",
        },
    ],
});
