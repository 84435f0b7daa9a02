// Sirius: the words and figures of apprentices, in your page.
//   <sirius-avis formation="50022146"></sirius-avis>   or   <div class="sirius-avis" data-formation="50022146"></div>
// No cookie, no storage, nothing of your page is read. Each widget is one iframe; what it says is checked.
(() => {
  "use strict";
  const TAG = "sirius-avis";
  if (customElements.get(TAG)) return;
  const home = new URL(document.currentScript.src).origin;
  const NAMES = ["formation", "etablissement", "format", "theme", "accent", "langue", "si-vide", "chargement"];
  const LOWEST = 40, HIGHEST = 20000, ROOM = 420;
  const widgets = new Map(); // host element → its Widget

  class Widget {
    constructor(host, read) {
      this.host = host;
      this.read = read;
      this.root = host.shadowRoot || host.attachShadow({ mode: "open" });
      this.slot = document.createElement("slot"); // what the page wrote inside stays until we have better
      this.root.replaceChildren(this.slot);
      this.start();
    }

    start() {
      const way = this.read("chargement");
      if (way === "immediat" || !("IntersectionObserver" in window)) this.load();
      else if (way === "clic") this.offer();
      else {
        this.watch = new IntersectionObserver((seen) => {
          if (seen.some((entry) => entry.isIntersecting)) this.load();
        }, { rootMargin: "600px" });
        this.reserve();
        this.watch.observe(this.host);
      }
    }

    reserve() { // room kept before anything is known, so that the page hardly moves
      this.host.style.display = this.host.style.display || "block";
      this.host.style.minHeight = `${ROOM}px`;
    }

    offer() {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Voir les avis d’apprentis";
      button.addEventListener("click", () => { button.remove(); this.load(); });
      this.root.append(button);
    }

    load() {
      if (this.watch) this.watch.disconnect();
      const query = new URLSearchParams();
      for (const name of NAMES) {
        const value = this.read(name);
        if (value && name !== "chargement") query.set(name, value);
      }
      const frame = this.frame = document.createElement("iframe");
      frame.title = "Avis d’apprentis sur cette formation";
      frame.src = `${home}/widget?${query}#hote=${encodeURIComponent(location.origin)}`;
      Object.assign(frame.style, { display: "block", width: "100%", border: "0", height: "0", colorScheme: "auto" });
      this.reserve();
      this.root.append(frame);
    }

    hear({ type, hauteur }) {
      if (type === "hauteur" && Number.isFinite(hauteur)) {
        this.frame.style.height = `${Math.min(Math.max(Math.ceil(hauteur), LOWEST), HIGHEST)}px`;
        this.host.style.minHeight = "";
        this.slot.hidden = true;
        this.slot.style.display = "none";
      } else if (type === "pret" || type === "vide") {
        if (type === "vide" && this.read("si-vide") !== "message") this.host.style.display = "none";
        this.host.dispatchEvent(new CustomEvent(`sirius:${type}`, { bubbles: true }));
      }
    }

    stop() {
      if (this.watch) this.watch.disconnect();
      this.host.style.display = this.host.style.minHeight = "";
      this.root.replaceChildren(document.createElement("slot"));
    }
  }

  const begin = (host, read) => widgets.set(host, new Widget(host, read));
  const end = (host) => { const widget = widgets.get(host); if (widget) { widget.stop(); widgets.delete(host); } };

  addEventListener("message", (event) => {
    if (event.origin !== home || !event.data || event.data.source !== "sirius") return;
    for (const widget of widgets.values()) {
      if (widget.frame && event.source === widget.frame.contentWindow) widget.hear(event.data);
    }
  });

  customElements.define(TAG, class extends HTMLElement {
    static observedAttributes = NAMES;
    connectedCallback() { begin(this, (name) => this.getAttribute(name)); }
    disconnectedCallback() { end(this); }
    attributeChangedCallback(_name, before, after) {
      if (this.isConnected && widgets.has(this) && before !== after) { end(this); this.connectedCallback(); }
    }
  });

  const divs = () => {
    for (const host of widgets.keys()) if (!host.isConnected) end(host);
    for (const host of document.querySelectorAll("div.sirius-avis")) {
      if (!widgets.has(host)) begin(host, (name) => host.getAttribute(`data-${name}`));
    }
  };
  const follow = () => {
    divs();
    new MutationObserver((changes) => {
      for (const { type, target } of changes) if (type === "attributes" && widgets.has(target) && target.matches("div.sirius-avis")) end(target);
      divs();
    }).observe(document.documentElement, {
      childList: true, subtree: true, attributes: true, attributeFilter: NAMES.map((name) => `data-${name}`),
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", follow);
  else follow();
})();
