// What is kept in this browser until the server has it: the answer being written, per task, and answers on their way.

const ROOT = "hansang/form";

/** A shelf of one person and scheme. Where the browser keeps nothing (private window, full), `works` turns false. */
export class Shelf {
  constructor(who, scheme) {
    this.prefix = `${ROOT}/${who}/${scheme}/`;
    this.works = true;
  }

  read(name) {
    return this.try(() => JSON.parse(localStorage.getItem(this.prefix + name) || "null"));
  }

  write(name, value) {
    this.try(() => localStorage.setItem(this.prefix + name, JSON.stringify(value)));
  }

  drop(name) {
    this.try(() => localStorage.removeItem(this.prefix + name));
  }

  /** Everything whose name begins so. */
  all(beginning) {
    const names = this.try(() => Object.keys(localStorage)) || [];
    return names
      .filter((name) => name.startsWith(this.prefix + beginning))
      .map((name) => this.read(name.slice(this.prefix.length)));
  }

  try(action) {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DOMException) && !(error instanceof SyntaxError)) throw error;
      if (error instanceof DOMException) this.works = false;
      return null;
    }
  }
}
