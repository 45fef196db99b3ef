// The question whose answer are marks in the text: the markers, and the marks that were made.

import { keycap, stay } from "./button.js";
import { h } from "./dom.js";
import { erase, pick, polarise, turn } from "./editing.js";
import { optionOf } from "./labels.js";
import { plain } from "./passage.js";
import { name, otherName, t } from "./speech.js";

/** The markers and the marks. */
export function spans(sheet, field) {
  const found = sheet.labels[field.id] || [];
  return [
    h(
      "div",
      { class: "chips", key: "pens" },
      field.options.map((option, number) => {
        const held = sheet.pen?.field === field.id && sheet.pen.option === option.id;
        const sign = held ? field.polarities.find((each) => each.id === sheet.pen.polarity)?.sign : "";
        return h(
          "div",
          { class: `chip${held ? " on" : ""}`, key: option.id },
          h(
            "button",
            {
              type: "button",
              class: "choice",
              "data-answer": option.id,
              "aria-pressed": String(held),
              title: otherName(option),
              on: { mousedown: stay, click: () => pick(sheet, field, option) },
            },
            keycap(option, number),
            h("span", {}, name(option)),
            h("i", { class: "sign", "aria-hidden": "true" }, sign || ""),
          ),
        );
      }),
    ),
    h(
      "ul",
      { class: "marks", key: "marks" },
      found.map((span) => made(sheet, field, span)),
    ),
  ];
}

function made(sheet, field, span) {
  const option = optionOf(field, span.label);
  const polarity = field.polarities.find((each) => each.id === span.polarity);
  return h(
    "li",
    { key: `${span.label}-${span.start}`, class: `mark-item ${span.polarity || "plain"}` },
    h("b", {}, option ? name(option) : span.label),
    polarity
      ? h(
          "button",
          {
            type: "button",
            class: "polarity",
            title: t("극성 바꾸기"),
            "aria-label": t("극성 {polarity}, 눌러서 바꾸기", { polarity: name(polarity) }),
            on: { mousedown: stay, click: () => turn(sheet, field, span) },
          },
          `${polarity.sign} ${name(polarity)}`,
        )
      : null,
    h("q", {}, plain(span.quote)),
    h(
      "button",
      {
        type: "button",
        class: "drop",
        "aria-label": t("{label} “{quote}” 표시 지우기", { label: option ? name(option) : "", quote: span.quote }),
        on: { mousedown: stay, click: () => erase(sheet, field, span) },
      },
      "✕",
    ),
  );
}

/** The polarity of the marker in hand. */
export function polarities(sheet, field) {
  if (!field.polarities.length) return null;
  return h(
    "div",
    { class: "row small", role: "radiogroup", "aria-label": t("극성") },
    field.polarities.map((each) =>
      h(
        "button",
        {
          type: "button",
          role: "radio",
          class: "choice",
          "data-answer": each.id,
          "aria-checked": String(sheet.pen.polarity === each.id),
          on: { mousedown: stay, click: () => polarise(sheet, field, each.id) },
        },
        keycap(each, 9),
        h("span", {}, `${each.sign} ${name(each)}`),
      ),
    ),
  );
}
