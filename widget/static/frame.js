(() => {
  "use strict";
  if (parent === window) return;
  const said = new URLSearchParams(location.hash.slice(1)).get("hote");
  const host = said || (location.ancestorOrigins && location.ancestorOrigins[0]) || (document.referrer && new URL(document.referrer).origin);
  if (!host || host === "null") return;
  const tell = (type, more) => parent.postMessage({ source: "sirius", type, ...more }, host);
  const body = document.body;
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
  tell(body.dataset.etat);
  if (body.dataset.etat === "pret" || body.childElementCount > 1) {
    measure();
    new ResizeObserver(measure).observe(body);
  }
})();
