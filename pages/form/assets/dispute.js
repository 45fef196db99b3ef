// A dispute: the answers as A | B | …, what differs marked, everybody's marks in the text, one key to take either.

import { h } from "./dom.js";
import { table } from "./compare.js";
import { optionOf } from "./labels.js";
import { pieces } from "./passage.js";
import { name, t } from "./speech.js";

/** The text with the marks of all answers, each under its letter. */
export function everybodysText(sheet) {
  const { answers } = sheet.view;
  const marks = answers.flatMap((answer) =>
    sheet.fields
      .filter((field) => field.kind === "spans")
      .flatMap((field) =>
        (answer.labels[field.id] || []).map((span) => {
          const polarity = field.polarities.find((each) => each.id === span.polarity);
          return {
            start: span.start,
            end: span.end,
            tag: `${answer.name}${polarity?.sign || ""}`,
            tone: span.polarity || "plain",
            name: `${answer.name}: ${[optionOf(field, span.label), polarity].filter(Boolean).map(name).join(" ")}`,
          };
        }),
      ),
  );
  return h(
    "div",
    { class: "reading", role: "group", "aria-label": t("본문"), lang: "ko" },
    pieces(sheet.reading, marks, null),
  );
}

/** The answers side by side and what can be done with them. */
export function sides(sheet) {
  const { answers } = sheet.view;
  const columns = answers.map((answer) => ({ ...answer, title: t("답 {letter}", { letter: answer.name }) }));
  const take = (answer) => sheet.save({ chosen: answer.id, labels: answer.labels, outcome: answer.outcome });
  return h(
    "section",
    { class: "dispute", key: "dispute", "aria-label": t("답 비교") },
    table(sheet.fields, columns, sheet.view.task.shown),
    h(
      "div",
      { class: "row takes" },
      answers.map((answer) =>
        h(
          "button",
          { type: "button", class: "primary", on: { click: () => take(answer) } },
          h("kbd", {}, answer.name),
          h("span", {}, t("{letter}로 정함", { letter: answer.name })),
        ),
      ),
      h(
        "button",
        {
          type: "button",
          class: "plain",
          on: {
            click: () => {
              sheet.third = true;
              sheet.redraw();
            },
          },
        },
        h("kbd", {}, answers.length > 4 ? "Enter" : "E"),
        h("span", {}, t("다른 답을 직접 씀")),
      ),
    ),
  );
}
