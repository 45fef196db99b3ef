// The foot of the page: what is to be said, what the model says of the task before, what can be done with this one.

import { h } from "./dom.js";
import { toggleUnjudgeable } from "./editing.js";
import { open } from "./frame.js";
import { notes } from "./notes.js";
import { strip } from "./previous.js";
import { t } from "./speech.js";

/** The bar. */
export function bar(sheet) {
  const { view } = sheet;
  const foot = (...parts) => h("footer", { class: "bar", key: "bar" }, notes(sheet), strip(sheet), ...parts);
  if (!view) return foot();
  const choosing = view.mode === "dispute" && !sheet.third;
  const unjudgeable = sheet.outcome === "unjudgeable";
  const acts = [
    view.mode === "dispute" ? act("Esc", t("답 비교로"), () => back(sheet)) : null,
    view.mode === "label" ? act("S", t("건너뛰기"), () => open(sheet, { kind: "skip", reason: -1, text: "" })) : null,
    act("0", t("판단 불가"), () => toggleUnjudgeable(sheet), unjudgeable),
    act(
      "F",
      sheet.flag ? t("표시함") : t("표시"),
      () => (sheet.flag ? sheet.edit({ flag: "" }) : open(sheet, { kind: "flag", text: "" })),
      Boolean(sheet.flag),
    ),
    h(
      "button",
      {
        type: "button",
        class: "primary save",
        key: "save",
        disabled: Boolean(sheet.busy),
        on: {
          mousedown: (event) => event.preventDefault(),
          click: () => sheet.save(view.mode === "dispute" ? { chosen: null } : {}),
        },
      },
      h(
        "span",
        {},
        sheet.busy === "save" || sheet.busy === "settle"
          ? t("저장 중…")
          : view.mode === "label"
            ? t("저장하고 다음")
            : t("저장"),
      ),
      h("kbd", {}, "Enter"),
    ),
  ];
  return foot(choosing ? null : h("div", { class: "acts", key: "acts" }, acts));
}

function back(sheet) {
  sheet.third = false;
  sheet.redraw();
}

function act(key, what, action, on) {
  return h(
    "button",
    {
      type: "button",
      class: "plain",
      key,
      "aria-pressed": on === undefined ? null : String(on),
      on: { mousedown: (event) => event.preventDefault(), click: action },
    },
    h("kbd", {}, key),
    h("span", {}, what),
  );
}
