// A field for one number after another. Each Enter empties it, so that the next number can be typed at once; the numbers
// go to the dashboard one at a time, in the order in which they were typed, and none goes before the last is answered.
// What the dashboard stopped at comes back into the field, but never into one in which somebody is typing.

const A_DOUBLE_ENTER = 400; // milliseconds
const A_PAUSE = 400; // milliseconds without a key: whoever types on has not seen yet that the line stopped
const LONGEST_WAIT = 3000; // milliseconds, for a field to be drawn
const fields = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!fields.has(parentElement)) fields.set(parentElement, new NumberField(parentElement, data.answered));
  const field = fields.get(parentElement);
  field.tell = (entry) => setStateValue("entry", entry);
  field.hear(data);
  return () => {
    clearTimeout(field.timer);
    field.box.remove();
    fields.delete(parentElement);
  };
}

class NumberField {
  constructor(parent, answered) {
    this.sent = answered; // which number the last one that was sent has
    this.answered = answered;
    this.waiting = []; // typed, and not sent yet
    this.turn = null;
    this.pressedAt = -A_PAUSE;
    this.draw(parent);
  }

  draw(parent) {
    const document = parent.ownerDocument;
    this.box = document.createElement("form");
    this.box.className = "mv-number";
    this.label = document.createElement("label");
    this.label.htmlFor = "mv-number";
    this.input = document.createElement("input");
    Object.assign(this.input, { id: "mv-number", type: "text", autocomplete: "off", spellcheck: false });
    this.button = document.createElement("button");
    this.button.type = "submit";
    this.state = document.createElement("output");
    this.box.append(this.label, this.input, this.button, this.state);
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter();
    });
    this.input.addEventListener("keydown", (event) => {
      this.pressedAt = performance.now();
      if (event.key === "Escape") this.input.value = "";
    });
    // Whoever came here by another key, or points at the field, presses Enter anew.
    for (const event of ["keyup", "pointerdown"])
      this.input.addEventListener(event, ({ key }) => {
        if (key !== "Enter") this.backAt = -A_DOUBLE_ENTER;
      });
    parent.append(this.box);
  }

  hear(data) {
    this.data = data;
    this.answered = Math.max(this.answered, data.answered);
    this.label.textContent = data.label;
    this.button.textContent = data.button;
    if (data.turn !== this.turn) {
      if (this.back !== undefined && this.input.value === this.back) this.input.value = "";
      this.turn = data.turn;
      this.back = undefined;
      this.stopped = data.stopped;
      this.toPutBack = data.text;
      this.toFocus = data.focus;
    }
    this.goOn();
  }

  enter() {
    const text = this.input.value.trim();
    const isBack = this.back !== undefined;
    if (isBack && text === this.back && performance.now() - this.backAt < A_DOUBLE_ENTER) return;
    if (!text && !(this.stopped && isBack)) return;
    this.input.value = "";
    this.input.focus();
    if (this.stopped && isBack) {
      this.stopped = false; // this one stands in for what was stopped; an empty one leaves it
      this.waiting.unshift(text);
    } else {
      this.waiting.push(text);
    }
    this.back = undefined;
    this.goOn();
  }

  goOn() {
    if (this.sent <= this.answered) {
      if (this.waiting.length && !this.stopped) {
        this.sent += 1;
        this.tell({ number: this.sent, text: this.waiting.shift() });
      } else {
        this.settle();
      }
    }
    const count = this.waiting.length;
    this.state.textContent = count ? `${this.data.waiting}: ${count}` : "";
  }

  settle() {
    if (this.isTyping()) return;
    const pause = this.pressedAt + A_PAUSE - performance.now();
    if (this.toPutBack && pause > 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.goOn(), pause);
      return;
    }
    if (this.toPutBack && !this.input.value) {
      this.input.value = this.back = this.toPutBack;
      this.backAt = performance.now();
      this.toPutBack = "";
      if (!this.stopped) this.input.select();
    }
    if (this.toFocus) this.focusOn(this.toFocus, performance.now() + LONGEST_WAIT);
    this.toFocus = "";
  }

  isTyping() {
    const { activeElement } = this.box.ownerDocument;
    return activeElement === this.input && this.input.value !== "" && this.input.value !== this.back;
  }

  // The field that is to have the cursor may be drawn a little later than this one.
  focusOn(key, until, turn = this.turn) {
    if (turn !== this.turn) return;
    if (this.isTyping()) {
      this.toFocus = key;
      return;
    }
    const place = key === "number" ? this.box : this.box.ownerDocument.querySelector(`.st-key-${key}`);
    const field = place?.querySelector("input:not([disabled]), [role=spinbutton]");
    if (field) field.focus();
    else if (performance.now() < until) requestAnimationFrame(() => this.focusOn(key, until, turn));
  }
}
