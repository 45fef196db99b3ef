// Two or more answers side by side, field by field, with what differs marked. Used when a tab is stale and for disputes.

import { keepMine, keepTheirs } from "./conflict.js";
import { h } from "./dom.js";
import { same } from "./labels.js";
import { frame } from "./frame.js";
import { plain } from "./passage.js";
import { name, t } from "./speech.js";
import { words } from "./summary.js";

const NONE = "—";

/** A table of answers: `columns` are `{title, labels, outcome}`; `shown` is the order of two alternatives. */
export function table(fields, columns, shown) {
  const rows = fields.map((field) => ({
    title: name(field.title),
    values: columns.map((each) => each.labels[field.id] ?? null),
    cells: columns.map((each) => words(field, each.labels[field.id], shown)),
  }));
  const outcomes = columns.map((each) => each.outcome || "labelled");
  if (outcomes.includes("unjudgeable"))
    rows.unshift({
      title: t("판단"),
      values: outcomes,
      cells: outcomes.map((each) => [each === "unjudgeable" ? t("판단 불가") : t("판단함")]),
    });
  return h(
    "div",
    { class: "wide" },
    h(
      "table",
      { class: "sides" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, h("span", { class: "sr" }, t("질문"))),
          columns.map((each) => h("th", { scope: "col" }, each.title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows
          .filter((row) => row.cells.some((cell) => cell.length))
          .map((row) => {
            const differs = row.values.some((value) => !same(value, row.values[0]));
            return h(
              "tr",
              { class: differs ? "differs" : null },
              h("th", { scope: "row" }, row.title, differs ? h("small", {}, t("≠ 다름")) : null),
              row.cells.map((cell, column) =>
                h(
                  "td",
                  { "data-column": columns[column].name || null },
                  cell.length
                    ? cell.map((each) => h("span", { class: "said" }, plain(each)))
                    : h("span", { class: "soft" }, NONE),
                ),
              ),
            );
          }),
      ),
    ),
  );
}

/** The choice of a stale tab: what is stored, or what stands here. Nothing is overwritten. */
export function compare(sheet) {
  const { of, theirs, mine, elsewhere } = sheet.panel;
  const answer = of === "answer";
  const columns = [
    { title: answer ? t("저장되어 있는 답") : t("저장되어 있는 초안"), labels: theirs.labels, outcome: theirs.outcome },
    { title: t("이 창의 답"), labels: mine, outcome: answer ? sheet.panel.message.outcome : sheet.outcome },
  ];
  const fields = sheet.fields.length && !elsewhere ? sheet.fields : sheet.data.scheme.fields;
  const why = answer
    ? t("이 과제의 답이 다른 창에서 먼저 저장되었습니다. 아무것도 덮어쓰지 않았습니다. 어느 쪽을 쓸지 골라 주세요.")
    : t("이 과제의 초안이 다른 창에서 바뀌었습니다. 아무것도 덮어쓰지 않았습니다. 어느 쪽을 이어서 쓸지 골라 주세요.");
  return frame(
    sheet,
    t("다른 창의 답과 다릅니다"),
    [h("p", {}, why), table(fields, columns, sheet.view?.task.shown)],
    [
      h(
        "button",
        { type: "button", class: "plain", on: { click: () => keepTheirs(sheet) } },
        answer ? t("저장된 답을 그대로 둠") : t("저장된 초안으로"),
      ),
      h(
        "button",
        { type: "button", class: "primary", on: { click: () => keepMine(sheet) } },
        answer ? t("이 창의 답으로 고침") : t("이 창의 답으로"),
      ),
    ],
  );
}
