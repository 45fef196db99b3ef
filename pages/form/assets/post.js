// The way to Python. A message counts as arrived only when its reply has come back; until then it is sent again, and an
// answer also lies on the shelf of this browser, so that neither a lost connection nor a closed tab loses it. Python takes
// the same message twice for one, and the same answer twice for one by its key.

export const PATIENCE = 4000; // milliseconds without a reply after which the connection counts as lost
const AGAIN = 2500;

/** An identifier; `crypto.randomUUID` is missing where the page comes over plain HTTP from another machine. */
export function identifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Post {
  /**
   * `answered(message, reply)` is called once per message; `changed()` when the connection is lost or back; `wake()` again
   * and again while it is lost.
   */
  constructor(shelf, answered, changed, wake) {
    this.wake = wake;
    this.shelf = shelf;
    this.answered = answered;
    this.changed = changed;
    this.waiting = [];
    this.lost = false;
    this.carry = null;
    this.timer = setInterval(() => this.look(), 1000);
    this.online = () => this.deliver();
    window.addEventListener("online", this.online);
  }

  /** Send a message. One that `keeps` lies on the shelf until its reply has come. */
  send(message, keeps = false) {
    const entry = { id: identifier(), ...message };
    this.waiting.push({ entry, since: Date.now(), tried: 0 });
    if (keeps) this.shelf.write(`sent/${entry.key}`, entry);
    this.deliver();
    return entry.id;
  }

  /** Take up the answers that an earlier page had sent without hearing of their arrival. */
  resume() {
    for (const entry of this.shelf.all("sent/")) {
      if (entry?.key && !this.waiting.some((each) => each.entry.key === entry.key))
        this.waiting.push({ entry: { ...entry, id: identifier(), resumed: true }, since: Date.now(), tried: 0 });
    }
    this.deliver();
  }

  /** See whether Python answers. */
  ping() {
    if (!this.waiting.length) this.send({ kind: "ping" });
  }

  /** Whether a message of that kind is on its way. */
  has(kind) {
    return this.waiting.some(({ entry }) => entry.kind === kind);
  }

  /** New data came: `replies` by message id, `carry` sends from now on. */
  receive(replies, carry) {
    this.carry = carry;
    const answered = this.waiting.filter(({ entry }) => replies[entry.id]);
    this.waiting = this.waiting.filter(({ entry }) => !replies[entry.id]);
    if (answered.length) this.become(false);
    for (const { entry } of answered) {
      const reply = replies[entry.id];
      if (entry.key && (reply.ok || !reply.error?.passing)) this.shelf.drop(`sent/${entry.key}`);
      this.answered(entry, reply);
    }
  }

  deliver() {
    if (!this.carry || !this.waiting.length) return;
    const now = Date.now();
    for (const each of this.waiting) each.tried = now;
    this.carry(this.waiting.map(({ entry }) => entry));
  }

  look() {
    if (!this.waiting.length) return;
    const now = Date.now();
    if (now - this.waiting[0].since > PATIENCE) this.become(true);
    if (now - Math.max(...this.waiting.map(({ tried }) => tried)) <= AGAIN) return;
    if (this.lost) this.wake();
    this.deliver();
  }

  become(lost) {
    if (this.lost === lost) return;
    this.lost = lost;
    this.changed();
  }

  stop() {
    clearInterval(this.timer);
    window.removeEventListener("online", this.online);
  }
}
