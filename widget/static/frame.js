(() => {
  "use strict";
  const body = document.body;
  const slides = document.querySelector(".slides");
  if (slides) {
    const moves = document.querySelector(".moves"), said = moves.querySelector("[data-rang]");
    const all = [...slides.querySelectorAll("li")];
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const place = () => Math.round(slides.scrollLeft / slides.clientWidth);
    const show = () => {
      const now = place();
      said.textContent = said.dataset.rang.replace("{rang}", now + 1).replace("{total}", all.length);
      for (const button of moves.querySelectorAll("button")) {
        const next = now + Number(button.dataset.pas);
        button.setAttribute("aria-disabled", next < 0 || next >= all.length);
      }
    };
    const go = (step) => slides.scrollTo({
      left: Math.min(Math.max(place() + step, 0), all.length - 1) * slides.clientWidth,
      behavior: calm.matches ? "auto" : "smooth",
    });
    moves.hidden = all.length < 2;
    moves.addEventListener("click", ({ target }) => { if (target.dataset.pas) go(Number(target.dataset.pas)); });
    slides.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step && event.target === slides) { event.preventDefault(); go(step); }
    });
    slides.addEventListener("scroll", show, { passive: true });
    show();
  }

  const votes = document.querySelector(".votes");
  if (votes) votes.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !button.value) return;
    event.preventDefault();
    try {
      await fetch(votes.action, { method: "POST", body: new URLSearchParams([[button.name, button.value]]), redirect: "manual" });
    } catch { return; } // nothing was noted: the buttons stay
    const thanks = document.createElement("span");
    thanks.setAttribute("role", "status");
    thanks.tabIndex = -1;
    thanks.textContent = votes.dataset.merci;
    button.parentElement.replaceChildren(thanks);
    thanks.focus({ preventScroll: true });
  });

  if (parent === window) return;
  const origin = (address) => { try { return new URL(address).origin; } catch { return ""; } };
  const told = new URLSearchParams(location.hash.slice(1)).get("hote");
  const before = origin(document.referrer);
  const host = told || (location.ancestorOrigins && location.ancestorOrigins[0]) || (before !== location.origin && before);
  if (!host || host === "null") return;
  for (const link of document.querySelectorAll('a[href^="/widget?"]')) link.hash = `hote=${encodeURIComponent(host)}`;
  for (const form of document.forms) form.action += `#hote=${encodeURIComponent(host)}`;

  const tell = (type, more) => parent.postMessage({ source: "sirius", type, ...more }, host);
  let last = 0;
  const measure = () => {
    const hauteur = Math.ceil(body.getBoundingClientRect().height);
    if (hauteur !== last) tell("hauteur", { hauteur: last = hauteur });
  };
  addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== host || !event.data || event.data.source !== "sirius") return;
    if (event.data.type === "theme" && ["auto", "clair", "sombre"].includes(event.data.theme)) {
      document.documentElement.dataset.theme = event.data.theme;
    }
  });
  tell(body.dataset.etat === "vide" ? "vide" : "pret");
  if (body.querySelector("main")) {
    measure();
    new ResizeObserver(measure).observe(body);
  }
})();
