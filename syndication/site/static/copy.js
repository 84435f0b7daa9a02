// A button that copies what stands under it: without this script, it is selected and copied by hand.
for (const block of document.querySelectorAll("[data-copie]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = "Copier";
  button.setAttribute("aria-label", `Copier ${block.dataset.copie}`);
  const said = document.createElement("span");
  said.className = "quiet";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      said.textContent = " Copié.";
    } catch {
      getSelection().selectAllChildren(block);
      said.textContent = " Sélectionné : copiez-le avec votre clavier.";
    }
  });
  const line = document.createElement("p");
  line.append(button, said);
  block.after(line);
}
