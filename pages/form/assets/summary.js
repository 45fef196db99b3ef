// Labels in a few words, for strips, lists and comparisons.

import { h } from "./dom.js";
import { optionOf, preferred } from "./labels.js";
import { plain } from "./passage.js";
import { name as nameOf, t } from "./speech.js";

const DOTS = ["", "●", "●●", "●●●"];

/** The value of one field in words: a list of short strings, empty for nothing. `shown` is the order of two alternatives. */
export function words(field, value, shown = null) {
  if (value === undefined || value === null) return [];
  const name = (id) => (optionOf(field, String(id)) ? nameOf(optionOf(field, String(id))) : String(id));
  if (field.kind === "single") return [name(value)];
  if (field.kind === "scale") return [`${value} ${name(value)}`];
  if (field.kind === "multi")
    return value.map((each) => `${name(each.label)}${field.strength ? ` ${DOTS[each.strength]}` : ""}`);
  if (field.kind === "spans") return value.map((each) => `${name(each.label)} ${sign(field, each)}“${each.quote}”`);
  if (field.kind === "preference") return [name(preferred(value, shown || value.shown))];
  return [String(value)];
}

const sign = (field, span) => {
  const found = field.polarities.find((each) => each.id === span.polarity)?.sign;
  return found ? `${found} ` : "";
};

/** All labels in one line of elements. */
export function line(scheme, labels, outcome = "labelled") {
  if (outcome === "unjudgeable") return [h("span", { class: "said" }, t("판단 불가"))];
  return scheme.fields.flatMap((field) =>
    words(field, labels[field.id]).map((each) => h("span", { class: "said", title: nameOf(field.title) }, plain(each))),
  );
}

/** A number between 0 and 1 as it is written here: .71 */
export const share = (number) => (number >= 0.995 ? "1.0" : number.toFixed(2).replace(/^0/, ""));
