(() => {
  "use strict";
  const body = document.body;
  const slides = document.querySelector(".slides");
  if (slides) {
    const moves = document.querySelector(".moves"), said = moves.querySelector("[data-rang]");
    const all = [...slides.querySelectorAll("li")];
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const last = () => all.length - Math.max(Math.round(slides.clientWidth / all[0].offsetWidth), 1);
    let now = 0, going; // where the reader is, or is being taken
    const show = () => {
      said.textContent = said.dataset.rang.replace("{rang}", now + 1).replace("{total}", all.length);
      for (const button of moves.querySelectorAll("button")) {
        const next = now + Number(button.dataset.pas);
        button.setAttribute("aria-disabled", next < 0 || next > last());
      }
    };
    const go = (step) => {
      now = Math.min(Math.max(now + step, 0), last());
      clearTimeout(going);
      going = setTimeout(() => { going = 0; }, 600);
      slides.scrollTo({ left: now * all[0].offsetWidth, behavior: calm.matches ? "auto" : "smooth" });
      show();
    };
    moves.hidden = all.length < 2;
    moves.addEventListener("click", ({ target }) => { if (target.dataset.pas) go(Number(target.dataset.pas)); });
    slides.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step && event.target === slides) { event.preventDefault(); go(step); }
    });
    slides.addEventListener("scroll", () => {
      if (going) return;
      now = Math.round(slides.scrollLeft / all[0].offsetWidth);
      show();
    }, { passive: true });
    show();
  }

  const votes = document.querySelector(".votes");
  if (votes) votes.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !button.value) return;
    event.preventDefault();
    const answer = await fetch(votes.action, { method: "POST", body: new URLSearchParams([[button.name, button.value]]), redirect: "manual" }).catch(() => null);
    const noted = answer && answer.type === "opaqueredirect";
    const told = document.createElement("span");
    told.setAttribute("role", "status");
    told.tabIndex = -1;
    told.textContent = noted ? votes.dataset.merci : answer && answer.status === 429 ? votes.dataset.trop : votes.dataset.echec;
    const line = button.parentElement;
    if (noted) line.replaceChildren(told);
    else {
      line.querySelectorAll("span").forEach((one) => one.remove());
      line.append(told);
    }
    told.focus({ preventScroll: true });
  });

  const asked = new URLSearchParams(location.hash.slice(1));
  const texts = asked.has("textes") && document.getElementById("textes"); // the reader went on inside
  if (texts) texts.focus({ preventScroll: parent !== window });

  if (parent === window) return;
  const origin = (address) => { try { return new URL(address).origin; } catch { return ""; } };
  const before = origin(document.referrer);
  const host = [asked.get("hote"), location.ancestorOrigins && location.ancestorOrigins[0], before !== location.origin && before]
    .map((one) => one && origin(one)).find((one) => one && one !== "null");
  if (!host) return;
  const carry = (address) => {
    const [path, place] = address.split("#");
    return `${path}#${place ? `${place}&` : ""}hote=${encodeURIComponent(host)}`;
  };
  for (const link of document.querySelectorAll('a[href^="/widget?"]')) link.setAttribute("href", carry(link.getAttribute("href")));
  for (const form of document.forms) form.setAttribute("action", carry(form.getAttribute("action")));

  const tell = (type, more) => parent.postMessage({ source: "sirius", type, ...more }, host);
  let last = 0;
  const measure = () => {
    if (!innerWidth) return; // in a process of its own a frame runs before it has a width: its lines would be endless
    const hauteur = Math.ceil(body.getBoundingClientRect().height);
    if (hauteur !== last) tell("hauteur", { hauteur: last = hauteur });
  };
  addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== host || !event.data || event.data.source !== "sirius") return;
    if (event.data.type === "theme" && ["auto", "clair", "sombre"].includes(event.data.theme)) {
      document.documentElement.dataset.theme = event.data.theme;
    }
  });
  const full = body.querySelector("main");
  if (full) {
    measure();
    new ResizeObserver(measure).observe(body);
  }
  if (body.dataset.etat === "vide") tell("vide");
  else tell("pret", { titre: document.title, ...(texts && { debut: Math.ceil(texts.getBoundingClientRect().top) }) });
})();
