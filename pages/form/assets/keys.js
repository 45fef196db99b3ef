// Keys by their place on the keyboard (KeyboardEvent.code), so that they work with the Hangul layout on. A scheme's own keys
// are in its JSON; the page's commands take what no scheme may use, or the first free key of a list.

const FIXED = {
  KeyS: "skip",
  Digit0: "unjudgeable",
  KeyF: "flag",
  Slash: "search",
  "Shift+Slash": "keys",
  BracketLeft: "keep",
  BracketRight: "mend",
  Backslash: "guide",
};
const NOTE = ["KeyM", "Semicolon"];
const CAPS = { Slash: "/", "Shift+Slash": "?", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Semicolon: ";" };

/** How a press is written on a key cap. */
export const cap = (press) => CAPS[press] || press.replace(/Key|Digit/, "");

/** `{options, polarities, commands, cap(command)}` for the questions asked: which press does what. */
export function keysFor(fields) {
  const options = new Map();
  const polarities = new Map();
  for (const field of fields) {
    for (const option of field.options)
      if (option.code) options.set(name(option.code, option.shift), { field, option });
    for (const polarity of field.polarities)
      if (polarity.code) polarities.set(name(polarity.code, polarity.shift), { field, polarity });
  }
  const commands = new Map(Object.entries(FIXED));
  const free = NOTE.find((press) => !options.has(press) && !polarities.has(press));
  if (free && fields.some((field) => field.kind === "text")) commands.set(free, "note");
  const pressOf = (command) => [...commands].find(([, each]) => each === command)?.[0] || "";
  return { options, polarities, commands, cap: (command) => cap(pressOf(command)) };
}

const name = (code, shift) => (shift ? `Shift+${code}` : code);

/** The press as the tables name it: the number pad counts as the digits above. */
export function pressed(event) {
  const code = event.code.replace(/^Numpad(\d)$/, "Digit$1").replace(/^NumpadEnter$/, "Enter");
  return name(code, event.shiftKey || event.key === "?");
}

/** 1–9 for a digit key without Shift, else 0. */
export const digit = (press) => Number(/^Digit([1-9])$/.exec(press)?.[1] || 0);

/** Whether an input method is composing; then no key is ours. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** What has the focus, through shadow roots. */
export const focused = (event) => event.composedPath()[0];

/** Whether typing goes into that element. */
export function editable(node) {
  if (!(node instanceof Element)) return false;
  return (
    node.matches("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])") ||
    node.isContentEditable
  );
}
