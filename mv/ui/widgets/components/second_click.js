// The second half of a double click, and what a key that is held down repeats, is no click on a button. The dashboard
// passes over what it saved already (mv/ui/double_click.py); this is for the button that was drawn in the meantime.

const BUTTONS = "[data-testid=stButton] button, [data-testid=stFormSubmitButton] button";
const documents = new WeakSet();

export default function ({ parentElement }) {
  const document = parentElement.ownerDocument;
  if (documents.has(document)) return;
  documents.add(document);
  // The browser counts clicks that follow each other at the same place: one by the keyboard has none.
  document.addEventListener("click", (event) => event.detail > 1 && leaveOut(event), true);
  document.addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && leaveOut(event), true);
}

function leaveOut(event) {
  if (!event.target.closest(BUTTONS)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
