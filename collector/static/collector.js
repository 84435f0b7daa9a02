(() => {
  "use strict";
  const faults = document.querySelector(".faults");
  if (faults) faults.focus();

  const number = new Intl.NumberFormat("fr-FR");
  const status = document.getElementById("compte");
  let quiet;
  for (const area of document.querySelectorAll("textarea[data-limite]")) {
    const limit = Number(area.dataset.limite);
    const shown = document.createElement("p");
    shown.className = "count";
    shown.setAttribute("aria-hidden", "true");
    area.after(shown);
    const count = () => {
      const used = [...area.value].length;
      const left = limit - used;
      const words = left < 0
        ? `${number.format(-left)} de trop sur ${number.format(limit)}`
        : `${number.format(used)} sur ${number.format(limit)} caractères`;
      shown.textContent = words;
      shown.classList.toggle("over", left < 0);
      clearTimeout(quiet);
      if (status && left <= 100) quiet = setTimeout(() => { status.textContent = words; }, 1000);
    };
    area.addEventListener("input", count);
    count();
  }

  const form = document.querySelector("form[data-garde]");
  if (!form) return;
  let touched = false;
  const touch = (event) => { if (event.isTrusted) touched = true; };
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("submit", () => { touched = false; });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !touched) return;
    touched = false;
    const said = new URLSearchParams(new FormData(form));
    said.set("action", "garder");
    fetch(form.getAttribute("action"), { method: "POST", body: said, keepalive: true }).catch(() => { touched = true; });
  });
})();
