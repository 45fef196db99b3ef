// The frame of everything that opens over the page.

import { h } from "./dom.js";
import { t } from "./speech.js";

/** Open a panel over the page. */
export function open(sheet, panel) {
  sheet.panel = panel;
  sheet.redraw();
}

/** Close what is open over the page. */
export function close(sheet) {
  sheet.panel = null;
  sheet.redraw();
}

/** The frame of a panel. */
export function frame(sheet, title, body, foot) {
  return h(
    "div",
    {
      class: "veil",
      key: `panel-${sheet.panel.kind}`,
      on: {
        mousedown: (event) => event.target === event.currentTarget && sheet.panel.kind !== "compare" && close(sheet),
      },
    },
    h(
      "div",
      {
        class: `panel ${sheet.panel.kind}`,
        role: "dialog",
        "aria-modal": "true",
        "aria-label": title,
        tabindex: -1,
        autofocus: ["keys", "compare"].includes(sheet.panel.kind),
      },
      h(
        "header",
        {},
        h("h2", {}, title),
        sheet.panel.kind === "compare"
          ? null
          : h(
              "button",
              { type: "button", class: "drop", "aria-label": t("닫기"), on: { click: () => close(sheet) } },
              "✕",
            ),
      ),
      h("div", { class: "inside" }, body),
      foot ? h("footer", {}, foot) : null,
    ),
  );
}
