// What the page says: Korean in the code, English looked up by it.

import { ENGLISH } from "./english.js";

let language = "ko";

/** Go on in that language, `ko` or `en`. */
export function speak(chosen) {
  language = chosen;
}

/** A sentence in the language of the page, its `{fields}` filled in. */
export function t(korean, fields = {}) {
  const text = language === "en" ? (ENGLISH[korean] ?? korean) : korean;
  return text.replace(/\{(\w+)\}/g, (_, field) => fields[field]);
}

/** The name of an option, a field or a scheme, or of an error: whatever has `ko` and `en`. */
export const name = (each) => (language === "en" && each.en) || each.ko;

/** The same in the other language, for a tooltip. */
export const otherName = (each) => (language === "en" ? each.ko : each.en);

/** A number as it is written here. */
export const number = (value) => value.toLocaleString(language);

/** A moment (ISO 8601): the time of today, else the day. */
export function moment(iso) {
  const when = new Date(iso);
  const today = when.toDateString() === new Date().toDateString();
  return when.toLocaleString(
    language,
    today ? { hour: "numeric", minute: "2-digit" } : { month: "long", day: "numeric" },
  );
}
