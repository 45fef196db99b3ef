// The guideline's Markdown as elements: headings, paragraphs, lists, tables, quotes, code, strong, emphasis, links by their
// text. Text nodes only, so nothing in it can run.

import { h } from "./dom.js";

const INLINE = /\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`|\[(.+?)\]\((.+?)\)/g;

/** Blocks of a Markdown text. */
export function markdown(source) {
  const lines = source.split(/\r?\n/);
  const blocks = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else blocks.push(block(lines));
  }
  return blocks;
}

function block(lines) {
  const heading = /^(#{1,6})\s+(.*)$/.exec(lines[0]);
  if (heading) return lines.shift() && h(`h${Math.min(6, heading[1].length + 1)}`, {}, inline(heading[2]));
  if (/^```/.test(lines[0])) return fence(lines);
  if (/^\s*([-*]|\d+[.)])\s+/.test(lines[0])) return list(lines);
  if (/^\|/.test(lines[0])) return table(lines);
  if (/^>/.test(lines[0]))
    return h(
      "blockquote",
      {},
      markdown(
        taken(lines, /^>/)
          .map((line) => line.replace(/^>\s?/, ""))
          .join("\n"),
      ),
    );
  if (/^(-{3,}|\*{3,})$/.test(lines[0].trim())) return lines.shift() && h("hr", {});
  return h("p", {}, inline(taken(lines, /^(?!#{1,6}\s|```|>|\||\s*([-*]|\d+[.)])\s)\s*\S/).join(" ")));
}

function taken(lines, pattern) {
  const found = [lines.shift()];
  while (lines.length && pattern.test(lines[0])) found.push(lines.shift());
  return found;
}

function fence(lines) {
  lines.shift();
  const inside = [];
  while (lines.length && !/^```/.test(lines[0])) inside.push(lines.shift());
  lines.shift();
  return h("pre", {}, inside.join("\n"));
}

function list(lines) {
  const numbered = /^\s*\d/.test(lines[0]);
  const items = [];
  while (lines.length && /^(\s*([-*]|\d+[.)])\s+|\s{2,}\S)/.test(lines[0])) {
    const line = lines.shift();
    const item = /^(\s*)(?:[-*]|\d+[.)])\s+(.*)$/.exec(line);
    if (item) items.push({ deep: item[1].length > 1, text: item[2] });
    else items[items.length - 1].text += ` ${line.trim()}`;
  }
  return h(
    numbered ? "ol" : "ul",
    {},
    items.map((item) => h("li", item.deep ? { class: "deep" } : {}, inline(item.text))),
  );
}

function table(lines) {
  const rows = taken(lines, /^\|/).map((line) =>
    line
      .replace(/^\||\|\s*$/g, "")
      .split("|")
      .map((cell) => cell.trim()),
  );
  const [head, ...body] = rows.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  const cells = (row, tag) =>
    h(
      "tr",
      {},
      row.map((cell) => h(tag, {}, inline(cell))),
    );
  return h(
    "div",
    { class: "wide" },
    h(
      "table",
      {},
      h("thead", {}, cells(head, "th")),
      h(
        "tbody",
        {},
        body.map((row) => cells(row, "td")),
      ),
    ),
  );
}

function inline(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(at, found.index));
    const [, strong, emphasis, code, link] = found;
    if (strong) parts.push(h("strong", {}, inline(strong)));
    else if (emphasis) parts.push(h("em", {}, inline(emphasis)));
    else parts.push(code ? h("code", {}, code) : link);
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== "");
}
