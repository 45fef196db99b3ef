// What opens over the page, by its kind: `{view(sheet), press(key, sheet, target)}`; `press` says whether the key was its own.

import { compare } from "./compare.js";
import { searchPress, searchView } from "./finding.js";
import { keysView } from "./keylist.js";
import { flagPress, flagView, skipPress, skipView } from "./reasons.js";

const none = () => false;

export const PANELS = {
  keys: { view: keysView, press: none },
  search: { view: searchView, press: searchPress },
  skip: { view: skipView, press: skipPress },
  flag: { view: flagView, press: flagPress },
  compare: { view: compare, press: none },
};
