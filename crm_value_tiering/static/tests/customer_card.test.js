import {expect, test} from "@odoo/hoot";
import {animationFrame, press, queryAllTexts} from "@odoo/hoot-dom";
import {Deferred} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Customer extends models.Model {
    name = fields.Char();

    _records = [
        {id: 1, name: "Ada"},
        {id: 2, name: "Bela"},
        {id: 3, name: "Cleo"},
    ];
    _views = {
        form: `<form><widget name="customer_card"/><field name="name"/></form>`,
    };
}

class Office extends models.Model {
    name = fields.Char();

    _records = [{id: 7, name: "Shanghai"}];
}

class Deal extends models.Model {
    customer_id = fields.Many2one({relation: "customer"});
    office_id = fields.Many2one({relation: "office"});

    _records = [
        {id: 1, customer_id: 1, office_id: 7},
        {id: 2, customer_id: 3},
        {id: 3, customer_id: false},
    ];
    _views = {
        form: `<form>
                <widget name="customer_card" partner_field="customer_id"
                        company_field="office_id"/>
                <field name="customer_id"/>
                <field name="office_id"/>
            </form>`,
    };
}

defineMailModels();
defineModels([Customer, Office, Deal]);

const ADA = {
    partner_id: 1,
    profile_id: 11,
    company: "",
    tier: {name: "High", color: 10},
    lifecycle: "Declining",
    churn: {level: "high", label: "High"},
    figures: [
        {name: "clv_predictive", label: "Predicted Lifetime Value", value: "$ 820.00"},
        {name: "revenue_year", label: "Annual Revenue", value: "$ 1,000.00"},
        {name: "last_purchase", label: "Last Purchase", value: "06/25/2026"},
    ],
    reasons: ["Declining: 120 days are long.", "Churn risk high: <b>31 %</b>."],
    as_of: "06/30/2026",
};
const BELA = {
    ...ADA,
    partner_id: 2,
    profile_id: 12,
    company: "Shanghai",
    tier: {name: "Low", color: 2},
    churn: false,
    reasons: [],
};
const CLEO = {partner_id: 3, profile_id: false, company: ""};
const CARDS = {1: [ADA], 2: [BELA], 3: [CLEO]};

/** Answer as the server would; each question is a step. */
function serveCards(cards = CARDS) {
    onRpc("res.partner", "get_value_card", ({args, kwargs}) => {
        expect.step(`card of ${args[0]} in ${kwargs.company_id}`);
        return cards[args[0][0]];
    });
}

const mountDeal = (resId) => mountView({type: "form", resModel: "deal", resId});

test("shows tier, stage, risk, figures and reasons", async () => {
    serveCards();
    await mountDeal(1);
    await animationFrame();
    expect.verifySteps(["card of 1 in 7"]);
    expect("section.o_customer_card").toHaveAttribute("aria-label", "Customer value");
    expect(".o_customer_card_tier").toHaveText("High");
    expect(".o_customer_card_tier").toHaveClass("o_badge_color_10");
    expect(".o_customer_card_lifecycle").toHaveText("Declining");
    expect(".o_customer_card_churn").toHaveText("Churn risk: High");
    expect(".o_customer_card_churn").toHaveClass("text-bg-danger");
    expect(queryAllTexts(".o_customer_card dt")).toEqual([
        "Predicted Lifetime Value",
        "Annual Revenue",
        "Last Purchase",
    ]);
    expect(queryAllTexts(".o_customer_card dd")).toEqual([
        "$ 820.00",
        "$ 1,000.00",
        "06/25/2026",
    ]);
    // As text: what the server sends is not markup.
    expect(queryAllTexts(".o_customer_card_reasons li")).toEqual(ADA.reasons);
    expect(".o_customer_card").toHaveText(/as of 06\/30\/2026/);
});

test("on the contact itself, for the current company", async () => {
    serveCards();
    await mountView({type: "form", resModel: "customer", resId: 2});
    await animationFrame();
    expect.verifySteps(["card of 2 in false"]);
    expect(".o_customer_card_tier").toHaveText("Low");
    expect(".o_customer_card").toHaveText(/Shanghai, as of/);
    expect(".o_customer_card_churn").toHaveCount(0);
    expect(".o_customer_card_reasons").toHaveCount(0);
});

test("says so while there is no value", async () => {
    serveCards();
    await mountDeal(2);
    await animationFrame();
    expect.verifySteps(["card of 3 in false"]);
    expect(".o_customer_card_empty").toHaveText(/No customer value yet/);
    expect(".o_customer_card button").toHaveCount(0);
});

test("shows nothing to whoever may not see it", async () => {
    serveCards({1: []});
    await mountDeal(1);
    await animationFrame();
    expect.verifySteps(["card of 1 in 7"]);
    expect(".o_customer_card").toHaveCount(0);
    expect(".o_field_widget[name=customer_id]").toHaveCount(1);
});

test("without a contact, asks and shows nothing", async () => {
    serveCards();
    await mountDeal(3);
    await animationFrame();
    expect.verifySteps([]);
    expect(".o_customer_card").toHaveCount(0);
});

test("a new contact has no card", async () => {
    serveCards();
    await mountView({type: "form", resModel: "customer"});
    await animationFrame();
    expect.verifySteps([]);
    expect(".o_customer_card").toHaveCount(0);
});

test("opens the value", async () => {
    serveCards();
    mockService("action", {
        doAction(action) {
            expect.step(`${action.res_model} ${action.res_id} ${action.views[0][1]}`);
        },
    });
    await mountDeal(1);
    await contains(".o_customer_card_open").click();
    expect.verifySteps(["card of 1 in 7", "crm.value.profile 11 form"]);
});

test("explains itself, by keyboard too", async () => {
    serveCards();
    onRpc("crm.value.profile", "read", ({args}) => {
        expect.step(`why ${args[0]} ${args[1]}`);
        return [{id: 11, explanation_html: "<p class='o_why'>Because.</p>"}];
    });
    await mountDeal(1);
    await contains(".o_customer_card_why").focus();
    expect(".o_customer_card_why").toHaveAttribute("aria-haspopup", "dialog");
    await press("Enter");
    await animationFrame();
    await animationFrame();
    expect(".modal[role=dialog] .modal-title").toHaveText("Why: Ada");
    expect(".modal p.o_why").toHaveText("Because.");
    await press("Escape");
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(".o_customer_card_why").toBeFocused();
    expect.verifySteps(["card of 1 in 7", "why 11 explanation_html"]);
});

test.tags("desktop");
test("follows the contact", async () => {
    serveCards();
    await mountDeal(1);
    await animationFrame();
    expect(".o_customer_card_tier").toHaveText("High");
    await contains(".o_field_widget[name=customer_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Bela)").click();
    await animationFrame();
    expect(".o_customer_card_tier").toHaveText("Low");
    expect.verifySteps(["card of 1 in 7", "card of 2 in 7"]);
    await contains(".o_field_widget[name=customer_id] input").clear({confirm: "blur"});
    await animationFrame();
    expect(".o_customer_card").toHaveCount(0);
    expect.verifySteps([]);
});

test.tags("desktop");
test("a late answer does not replace a newer one", async () => {
    const late = new Deferred();
    onRpc("res.partner", "get_value_card", async ({args}) => {
        if (args[0][0] === 1) {
            await late;
        }
        return CARDS[args[0][0]];
    });
    await mountDeal(1);
    await contains(".o_field_widget[name=customer_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Bela)").click();
    await animationFrame();
    expect(".o_customer_card_tier").toHaveText("Low");
    late.resolve();
    await animationFrame();
    expect(".o_customer_card_tier").toHaveText("Low");
});
