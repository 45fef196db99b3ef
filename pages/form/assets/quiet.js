// Streamlit says that the connection is lost in a dialog that takes the keyboard away. The form says it itself, with what
// became of the answer, and stays usable: so that dialog is closed, and taken for a reason to see whether Python answers.

const DIALOG = "[data-testid=stDialog] button[aria-label=Close]";

/** Close such dialogs from now on and call `noticed()`; returns what ends that. */
export function quieten(noticed) {
  const look = () => {
    const close = document.querySelector(DIALOG);
    if (!close) return;
    close.click();
    noticed();
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}
