// What the buttons of all questions share.

import { h } from "./dom.js";

/** Pressing with the mouse leaves the focus where it is, so that the arrow keys go on meaning what they meant. */
export const stay = (event) => event.preventDefault();

/** The key of an option, else its number. */
export function keycap(option, number) {
  const key = option.key || (number < 9 ? String(number + 1) : "");
  return key ? h("kbd", { "aria-hidden": "true" }, key.replace("Shift+", "⇧")) : null;
}
