// Why a task is skipped, and what is odd about one that is flagged.

import { h } from "./dom.js";
import { close, frame } from "./frame.js";
import { digit } from "./keys.js";
import { t } from "./speech.js";

const REASONS = [
  "잘 몰라서 판단하기 어려움",
  "음식점 이야기가 아님",
  "개인 정보가 들어 있음",
  "아는 가게라 공정하지 않음",
  "그 밖의 이유",
];

/** The panel that asks why. */
export function skipView(sheet) {
  const { panel } = sheet;
  const other = panel.reason === REASONS.length - 1;
  return frame(
    sheet,
    t("건너뛰는 이유"),
    [
      h(
        "div",
        { role: "radiogroup", "aria-label": t("이유"), class: "stack" },
        REASONS.map((reason, number) =>
          h(
            "button",
            {
              type: "button",
              role: "radio",
              "data-answer": number,
              "aria-checked": String(panel.reason === number),
              class: "choice",
              autofocus: number === 0,
              on: {
                click: () => {
                  panel.reason = number;
                  sheet.redraw();
                },
              },
            },
            h("kbd", { "aria-hidden": "true" }, String(number + 1)),
            h("span", {}, t(reason)),
            h("i", { class: "check" }, panel.reason === number ? "✓" : ""),
          ),
        ),
      ),
      other
        ? h("input", {
            key: "why",
            type: "text",
            value: panel.text,
            autofocus: true,
            maxlength: 200,
            "aria-label": t("이유"),
            placeholder: t("무엇 때문인가요?"),
            lang: "ko",
            on: {
              input: (event) => {
                panel.text = event.target.value;
                sheet.redraw();
              },
            },
          })
        : null,
      h("p", { class: "hint" }, t("이 글은 다른 사람에게 가고 다시 나오지 않습니다.")),
    ],
    [
      h("button", { type: "button", class: "plain", on: { click: () => close(sheet) } }, t("취소")),
      h(
        "button",
        { type: "button", class: "primary", disabled: !reasonOf(panel), on: { click: () => skip(sheet) } },
        t("건너뛰기"),
      ),
    ],
  );
}

const reasonOf = (panel) => (panel.reason === REASONS.length - 1 ? panel.text.trim() : REASONS[panel.reason] || "");

function skip(sheet) {
  const reason = reasonOf(sheet.panel);
  if (reason) sheet.begin("skip", { token: sheet.view.token, task_id: sheet.view.task.id, reason });
}

/** Its keys. */
export function skipPress(key, sheet, target) {
  if (key === "Enter") {
    if (!target?.matches?.(".plain, .drop")) return (skip(sheet), true);
    return false;
  }
  const number = target?.matches?.("input") ? 0 : digit(key);
  if (!number || number > REASONS.length) return false;
  sheet.panel.reason = number - 1;
  sheet.redraw();
  return true;
}

/** The panel that asks what is odd. */
export function flagView(sheet) {
  const { panel } = sheet;
  return frame(
    sheet,
    t("표시하기"),
    [
      h("input", {
        type: "text",
        value: panel.text,
        autofocus: true,
        maxlength: 200,
        "aria-label": t("무엇이 이상한가요?"),
        placeholder: t("무엇이 이상한가요? (비워도 됩니다)"),
        lang: "ko",
        on: {
          input: (event) => {
            panel.text = event.target.value;
            sheet.redraw();
          },
        },
      }),
      h("p", { class: "hint" }, t("답은 그대로 내고, 조정자와 관리자가 이 글을 살펴봅니다.")),
    ],
    [
      h("button", { type: "button", class: "plain", on: { click: () => close(sheet) } }, t("취소")),
      h("button", { type: "button", class: "primary", on: { click: () => flag(sheet) } }, t("표시")),
    ],
  );
}

function flag(sheet) {
  const text = sheet.panel.text.trim();
  sheet.panel = null;
  sheet.edit({ flag: text || "표시" });
}

/** Its keys. */
export function flagPress(key, sheet, target) {
  if (key !== "Enter" || target?.matches?.(".plain, .drop")) return false;
  flag(sheet);
  return true;
}
