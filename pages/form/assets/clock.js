// Time on a task without idle time: counted while the page is visible and there was input within the last 30 seconds.

export const IDLE = 30_000; // milliseconds
export const CAP = 30 * 60; // seconds
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "input", "touchmove"];

/** Milliseconds to count between two looks at the clock, given when there was input last. */
export function counted(before, now, input, visible) {
  return visible ? Math.max(0, Math.min(now, input + IDLE) - before) : 0;
}

export class Clock {
  constructor(target = window) {
    this.target = target;
    this.total = 0;
    this.looked = performance.now();
    this.input = this.looked;
    this.visible = !document.hidden;
    this.sign = () => this.look(true);
    this.turn = () => this.look(false);
    for (const name of SIGNS) target.addEventListener(name, this.sign, { capture: true, passive: true });
    document.addEventListener("visibilitychange", this.turn);
  }

  look(input) {
    const now = performance.now();
    this.total += counted(this.looked, now, this.input, this.visible) / 1000;
    this.looked = now;
    this.visible = !document.hidden;
    if (input) this.input = now;
  }

  /** Begin a task that has taken `seconds` already. */
  begin(seconds) {
    this.look(true);
    this.total = seconds;
  }

  /** Seconds on this task until now. */
  get seconds() {
    this.look(false);
    return Math.round(Math.min(this.total, CAP) * 10) / 10;
  }

  stop() {
    for (const name of SIGNS) this.target.removeEventListener(name, this.sign, { capture: true });
    document.removeEventListener("visibilitychange", this.turn);
  }
}
