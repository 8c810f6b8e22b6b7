import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_loyalty_quotation", {
    steps: () => [
        {
            content: "The customer's points are on the quotation",
            trigger: "[name=crm_loyalty_note]:contains(340 points)",
        },
        {
            content: "So is what it gives",
            trigger: "[name=crm_loyalty_note]:contains(This order gives 100 points)",
        },
        {
            content: "Add the reward: there is only one",
            trigger: "button[name=action_open_reward_wizard]:enabled",
            run: "click",
        },
        {
            content: "It is a line of the order, and gives no points itself",
            trigger: "[name=crm_loyalty_note]:contains(This order gives 90 points)",
        },
        {
            content: "Confirm",
            trigger: "button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The points are spent",
            trigger: "[name=crm_loyalty_note]:contains(240 points)",
        },
        {
            content: "The order is confirmed",
            trigger:
                ".o_statusbar_status button.o_arrow_button_current:contains(Sales Order)",
        },
    ],
});
