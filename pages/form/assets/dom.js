// A picture of the page as plain objects, and the least change that brings the page to it, so that focus, scroll and what
// an input method is composing survive. Every string becomes a text node: nothing is ever parsed as HTML.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "inert"]);

/** One element: `h("button", {class: "x", on: {click: fn}}, "text", child, null)`. `key` keeps its identity in a list. */
export function h(tag, props, ...children) {
  return { tag, props: props || {}, children };
}

const there = (child) => child !== null && child !== undefined && child !== false;

/** Bring the children of `parent` to `children`; what is null, undefined or false in them is left out. */
export function paint(parent, children) {
  const wanted = children.flat(9).filter(there);
  const kept = keyed(parent);
  const keys = new Set(wanted.map((child) => child.props?.key));
  for (const [key, node] of kept) if (!keys.has(key)) node.remove();
  let here = parent.firstChild;
  for (const child of wanted) {
    const node = match(here, child, kept) || create(child);
    if (node === here) here = here.nextSibling;
    else parent.insertBefore(node, here);
    update(node, child);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function keyed(parent) {
  const found = new Map();
  for (const node of parent.childNodes)
    if (node.picture?.props.key !== undefined) found.set(node.picture.props.key, node);
  return found;
}

function match(here, child, kept) {
  if (typeof child !== "object") return here?.nodeType === Node.TEXT_NODE ? here : null;
  if (child.props.key !== undefined) {
    const node = kept.get(child.props.key);
    return node?.picture.tag === child.tag ? node : null;
  }
  const fits = here?.picture?.tag === child.tag && here.picture.props.key === undefined;
  return fits ? here : null;
}

function create(child) {
  if (typeof child !== "object") return document.createTextNode(String(child));
  const node = document.createElement(child.tag);
  node.picture = { tag: child.tag, props: {} };
  if (child.props.autofocus) queueMicrotask(() => node.focus({ preventScroll: true }));
  return node;
}

function update(node, child) {
  if (typeof child !== "object") {
    if (node.data !== String(child)) node.data = String(child);
    return;
  }
  const before = node.picture.props;
  for (const name of Object.keys(before)) if (!(name in child.props)) set(node, name, undefined, before[name]);
  if (child.tag !== "textarea" && child.tag !== "input") paint(node, child.children);
  for (const [name, value] of Object.entries(child.props)) set(node, name, value, before[name]);
  node.picture = child;
}

function set(node, name, value, before) {
  if (name === "key" || name === "autofocus") return;
  if (name === "on") listen(node, value);
  else if (PROPERTIES.has(name)) property(node, name, value ?? (name === "value" ? "" : false));
  else if (value === before) return;
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

function property(node, name, value) {
  if (node[name] !== value && !node.composing) node[name] = value;
}

function listen(node, handlers) {
  node.handlers ??= new Map();
  for (const [event, handler] of Object.entries(handlers || {})) {
    if (!node.handlers.has(event)) node.addEventListener(event, (fired) => node.handlers.get(event)?.(fired));
    node.handlers.set(event, handler);
  }
  for (const event of node.handlers.keys()) if (!handlers?.[event]) node.handlers.set(event, null);
}
