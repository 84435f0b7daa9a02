// Copies a snippet at a press of its button, where the browser lets us.
(() => {
  "use strict";
  if (!navigator.clipboard) return;
  for (const line of document.querySelectorAll(".copy")) {
    line.hidden = false;
    const button = line.querySelector("button"), said = line.querySelector("[role=status]");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copie).textContent);
        said.textContent = "Copié.";
      } catch {
        said.textContent = "Le navigateur refuse de copier : sélectionnez le texte.";
      }
    });
  }
})();
