import {expect, test} from "@odoo/hoot";
import {animationFrame, press, queryAllTexts} from "@odoo/hoot-dom";
import {Deferred} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Figure extends models.Model {
    name = fields.Char();
    value = fields.Integer();
    explanation_html = fields.Html();

    _records = [
        {id: 1, name: "Churn", value: 5, explanation_html: "<p>12 of <b>240</b></p>"},
        {
            id: 2,
            name: "Revenue",
            value: 7,
            explanation_html: "<p>All that was sold</p>",
        },
    ];
    _views = {
        form: `<form><field name="value"/><widget name="explanation" watch="value"/></form>`,
        list: `<list><field name="name"/><widget name="explanation_button"/></list>`,
    };
}

class Sheet extends models.Model {
    figure_id = fields.Many2one({relation: "figure"});
    note = fields.Char();
    day = fields.Date();

    _records = [{id: 1, figure_id: 2}, {id: 2}];
    _views = {
        form: `<form>
                <field name="figure_id"/><field name="note"/><field name="day"/>
                <widget name="explanation" field="figure_id" watch="day"/>
            </form>`,
    };
}

defineMailModels();
defineModels([Figure, Sheet]);

const stepReads = () =>
    onRpc("figure", "read", ({args}) => {
        expect.step(`why ${args[0]} ${args[1]}`);
    });

test("explains the record of the form", async () => {
    stepReads();
    await mountView({type: "form", resModel: "figure", resId: 1});
    await animationFrame();
    expect(".o_widget_explanation p").toHaveText("12 of 240");
    expect(".o_widget_explanation p b").toHaveText("240");
    expect.verifySteps(["why 1 explanation_html"]);
});

test("explains the record of a field, or nothing", async () => {
    stepReads();
    await mountView({type: "form", resModel: "sheet", resId: 1});
    await animationFrame();
    expect(".o_widget_explanation").toHaveText("All that was sold");
    expect.verifySteps(["why 2 explanation_html"]);
});

test("without a record there is nothing to explain", async () => {
    stepReads();
    await mountView({type: "form", resModel: "sheet", resId: 2});
    await animationFrame();
    expect(".o_widget_explanation").toHaveText("");
    expect.verifySteps([]);
});

test.tags("desktop");
test("follows the record and the watched fields, no others", async () => {
    stepReads();
    await mountView({type: "form", resModel: "sheet", resId: 1});
    await animationFrame();
    expect.verifySteps(["why 2 explanation_html"]);
    await contains(".o_field_widget[name=note] input").edit("Typed");
    await animationFrame();
    expect.verifySteps([]);
    await contains(
        ".o_field_widget[name=day] input, .o_field_widget[name=day] button",
    ).click();
    await contains(".o_field_widget[name=day] input").edit("01/02/2026");
    await animationFrame();
    expect.verifySteps(["why 2 explanation_html"]);
    await contains(".o_field_widget[name=figure_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Churn)").click();
    await animationFrame();
    expect(".o_widget_explanation").toHaveText("12 of 240");
    expect.verifySteps(["why 1 explanation_html"]);
});

test("says that it is loading; the form does not wait", async () => {
    const answer = new Deferred();
    onRpc("figure", "read", () => answer);
    await mountView({type: "form", resModel: "figure", resId: 1});
    expect(".o_field_widget[name=value]").toHaveCount(1);
    expect("[role=status].o_crm_explanation_loading").toHaveText("Loading…");
    answer.resolve([{id: 1, explanation_html: "<p>At last</p>"}]);
    await animationFrame();
    expect(".o_crm_explanation_loading").toHaveCount(0);
    expect(".o_widget_explanation p").toHaveText("At last");
});

test("says what went wrong, and tries again", async () => {
    let refused = true;
    onRpc("figure", "read", () => {
        if (refused) {
            throw makeServerError({
                errorName: "odoo.exceptions.AccessError",
                message: "Not yours.",
            });
        }
    });
    await mountView({type: "form", resModel: "figure", resId: 1});
    await animationFrame();
    expect("[role=alert].o_crm_explanation_failed").toHaveText(
        /could not be loaded\. Not yours\./,
    );
    refused = false;
    await contains(".o_crm_explanation_failed button").click();
    await animationFrame();
    expect(".o_crm_explanation_failed").toHaveCount(0);
    expect(".o_widget_explanation p").toHaveText("12 of 240");
});

test("keeps the inside of a fault to itself", async () => {
    onRpc("figure", "read", () => {
        throw makeServerError({errorName: "builtins.KeyError", message: "'secret'"});
    });
    await mountView({type: "form", resModel: "figure", resId: 1});
    await animationFrame();
    expect(".o_crm_explanation_failed p").toHaveText(
        "The explanation could not be loaded.",
    );
});

test("a record that is gone", async () => {
    onRpc("figure", "read", () => []);
    await mountView({type: "form", resModel: "figure", resId: 1});
    await animationFrame();
    expect("[role=alert].o_crm_explanation_failed").toHaveText(/not exist any more/);
});

test("a late answer does not replace a newer one", async () => {
    const late = new Deferred();
    let calls = 0;
    onRpc("figure", "read", async () => {
        calls++;
        if (calls === 1) {
            await late;
        }
        return [
            {id: 1, explanation_html: `<p>Answer ${calls === 1 ? "old" : "new"}</p>`},
        ];
    });
    await mountView({type: "form", resModel: "figure", resId: 1});
    await contains(".o_field_widget[name=value] input").edit("6");
    await animationFrame();
    expect(".o_widget_explanation p").toHaveText("Answer new");
    late.resolve();
    await animationFrame();
    expect(".o_widget_explanation p").toHaveText("Answer new");
});

test("a button per row opens a dialog, the row itself stays closed", async () => {
    stepReads();
    await mountView({
        type: "list",
        resModel: "figure",
        selectRecord: () => expect.step("opened"),
    });
    expect(queryAllTexts(".o_data_row .o_crm_explanation_button")).toEqual([
        "Why",
        "Why",
    ]);
    await contains(".o_data_row:last .o_crm_explanation_button").click();
    await animationFrame();
    expect(".modal .modal-title").toHaveText("Why: Revenue");
    expect(".modal main").toHaveText("All that was sold");
    expect.verifySteps(["why 2 explanation_html"]);
    await contains(".modal footer button:contains(Close)").click();
    expect(".modal").toHaveCount(0);
});

test("the button of a row by keyboard", async () => {
    await mountView({type: "list", resModel: "figure"});
    await contains(".o_data_row:first .o_crm_explanation_button").focus();
    await press("Enter");
    await animationFrame();
    await animationFrame();
    expect(".modal[role=dialog] main").toHaveText("12 of 240");
    await press("Escape");
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(".o_data_row:first .o_crm_explanation_button").toBeFocused();
});
