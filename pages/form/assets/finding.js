// Finding a label by a part of its name or its initial consonants.

import { h } from "./dom.js";
import { pick } from "./editing.js";
import { close, frame } from "./frame.js";
import { search } from "./search.js";
import { name, t } from "./speech.js";

function found(sheet) {
  const choices = sheet.fields.flatMap((field) => field.options.map((option) => ({ field, option })));
  return search(sheet.panel.query, choices).slice(0, 8);
}

function take(sheet, choice) {
  close(sheet);
  if (choice) pick(sheet, choice.field, choice.option, true);
}

/** The panel. */
export function searchView(sheet) {
  const results = found(sheet);
  const at = Math.min(sheet.panel.at, results.length - 1);
  const input = h("input", {
    type: "text",
    value: sheet.panel.query,
    autofocus: true,
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "found",
    "aria-label": t("라벨 찾기"),
    "aria-activedescendant": results.length ? `found-${at}` : null,
    placeholder: "ㅉㅈ → 짜증",
    autocomplete: "off",
    lang: "ko",
    on: {
      input: (event) => {
        Object.assign(sheet.panel, { query: event.target.value, at: 0 });
        sheet.redraw();
      },
    },
  });
  const list = h(
    "ul",
    { id: "found", role: "listbox", "aria-label": t("찾은 라벨") },
    results.map((choice, number) =>
      h(
        "li",
        {
          id: `found-${number}`,
          role: "option",
          "aria-selected": String(number === at),
          class: number === at ? "at" : null,
          on: { click: () => take(sheet, choice) },
        },
        h("b", {}, name(choice.option)),
        h("span", { class: "soft" }, name(choice.field.title)),
        choice.option.key ? h("kbd", {}, choice.option.key) : null,
      ),
    ),
  );
  return frame(
    sheet,
    t("라벨 찾기"),
    [
      input,
      results.length
        ? list
        : h("p", { class: "hint" }, t("맞는 라벨이 없습니다. 첫소리(ㅉㅈ)나 글자(짜증)로 찾습니다.")),
    ],
    h("p", { class: "hint wide-only" }, t("↑ ↓ 고르기 · Enter 넣기 · Esc 닫기")),
  );
}

/** Its keys. */
export function searchPress(key, sheet) {
  const results = found(sheet);
  const move = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (move) {
    sheet.panel.at = Math.min(results.length - 1, Math.max(0, sheet.panel.at + move));
    sheet.redraw();
  } else if (key === "Enter") take(sheet, results[Math.min(sheet.panel.at, results.length - 1)]);
  else return false;
  return true;
}
