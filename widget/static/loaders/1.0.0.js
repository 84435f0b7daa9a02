// Sirius: the words and figures of apprentices, in your page.
//   <sirius-avis formation="50022146"></sirius-avis>   or   <div class="sirius-avis" data-formation="50022146"></div>
// No cookie, no storage, nothing of your page is read. Each widget is one iframe; what it says is checked.
(() => {
  "use strict";
  const TAG = "sirius-avis", VERSION = "1.0.0";
  const PLUS = "sha384-M8Yhxi8rv4iOQhoAfOTKyx2y4s6nJ/K1C0q2vzWWKQoXFAIeYERQoRr13LIla55/";
  if (customElements.get(TAG)) return;
  const home = new URL((document.currentScript || document.querySelector('script[src*="/widget/1."]')).src).origin;
  const QUERY = ["formation", "etablissement", "format", "theme", "accent", "langue", "si-vide"];
  const NAMES = [...QUERY, "chargement", "json-ld"];
  const ROOM = { complet: 1000, liste: 800, carrousel: 640 }; // pixels kept by format, unless the page keeps its own
  const LOWEST = 24, HIGHEST = 20000, PATIENCE = 10000;
  const widgets = new Map(); // host element → its Widget

  let coming; // the second file: what only scores and structured data need
  const plus = () => coming ||= new Promise((resolve, reject) => {
    Avis.plus = resolve;
    const script = document.createElement("script");
    Object.assign(script, { src: `${home}/widget/${VERSION}.plus.js`, integrity: PLUS, crossOrigin: "anonymous", onerror: reject });
    document.head.append(script);
  });

  class Widget {
    constructor(host, read) {
      Object.assign(this, { host, read, home });
      this.root = host.shadowRoot || host.attachShadow({ mode: "open" });
      this.slot = document.createElement("slot"); // what the page wrote inside stays until we have better
      this.root.replaceChildren(this.slot);
      this.style = host.style.cssText;
      this.room = parseFloat(getComputedStyle(host).minHeight) || ROOM[read("format")] || ROOM.complet;
      const way = read("chargement");
      if (way === "clic") this.offer();
      else if (read("format") === "score" || way === "immediat" || !("IntersectionObserver" in window)) this.load();
      else {
        this.reserve();
        this.watch = new IntersectionObserver((seen) => {
          if (seen.some((entry) => entry.isIntersecting)) this.load();
        }, { rootMargin: "600px" });
        this.watch.observe(host);
      }
    }

    query() {
      return new URLSearchParams(QUERY.map((name) => [name, this.read(name)]).filter(([, value]) => value));
    }

    reserve() {
      const { style } = this.host;
      style.display ||= "block";
      style.minHeight = `${this.room}px`;
    }

    offer() {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: this.english ? "See apprentices’ reviews" : "Voir les avis d’apprentis" });
      button.part = "bouton";
      button.onclick = () => { button.remove(); this.load(); if (this.frame) this.frame.focus(); };
      this.root.append(button);
    }

    get english() { return this.read("langue") === "en"; }

    load() {
      if (this.watch) this.watch.disconnect();
      const use = (job) => plus().then((tools) => { if (widgets.get(this.host) === this) tools[job](this); }, () => {});
      if (this.read("json-ld") !== null) use("course");
      if (this.read("format") === "score") return use("score");
      const frame = this.frame = document.createElement("iframe");
      frame.title = this.english ? "Apprentices’ reviews of this course" : "Avis d’apprentis sur cette formation";
      frame.src = `${home}/widget?${this.query()}#hote=${encodeURIComponent(location.origin)}`;
      Object.assign(frame.style, { display: "block", width: "100%", border: "0", height: "0", colorScheme: "auto" });
      this.reserve();
      this.root.append(frame);
      this.timer = setTimeout(() => { this.host.style.minHeight = ""; }, PATIENCE); // no news: what the page wrote stays
    }

    hear({ type, hauteur }) {
      clearTimeout(this.timer);
      if (type === "hauteur" && Number.isFinite(hauteur)) {
        const height = Math.min(Math.max(Math.ceil(hauteur), LOWEST), HIGHEST);
        const top = this.host.getBoundingClientRect().top;
        // what stands below us and is on the screen stays where it is
        if (!this.told) this.host.style.minHeight = `${Math.max(height, Math.min(this.room, innerHeight - top))}px`;
        else if (height > parseFloat(this.host.style.minHeight)) this.host.style.minHeight = "";
        this.told = true;
        this.frame.style.height = `${height}px`;
        this.slot.style.display = "none";
      } else if (type === "pret" || type === "vide") this.say(type);
    }

    say(type) {
      if (type === "vide" && this.read("si-vide") !== "message") this.host.style.display = "none";
      this.host.dispatchEvent(new CustomEvent(`sirius:${type}`, { bubbles: true }));
    }

    theme() { // an iframe that is there changes its theme without loading anew
      if (this.frame) this.frame.contentWindow.postMessage({ source: "sirius", type: "theme", theme: this.read("theme") || "auto" }, home);
    }

    stop() {
      if (this.watch) this.watch.disconnect();
      clearTimeout(this.timer);
      if (this.data) this.data.remove();
      this.host.style.cssText = this.style;
      this.root.replaceChildren(document.createElement("slot"));
    }
  }

  const begin = (host, read) => widgets.set(host, new Widget(host, read));
  const end = (host) => { const widget = widgets.get(host); if (widget) { widgets.delete(host); widget.stop(); } };
  const change = (host, name, again) => {
    const widget = widgets.get(host);
    if (name === "theme" && widget.frame) widget.theme();
    else { end(host); again(); }
  };

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== home || !data || data.source !== "sirius") return;
    for (const widget of widgets.values()) if (widget.frame && source === widget.frame.contentWindow) widget.hear(data);
  });

  class Avis extends HTMLElement {
    static observedAttributes = NAMES;
    connectedCallback() { begin(this, (name) => this.getAttribute(name)); }
    disconnectedCallback() { end(this); }
    attributeChangedCallback(name, before, after) {
      if (widgets.has(this) && before !== after) change(this, name, () => this.connectedCallback());
    }
  }
  customElements.define(TAG, Avis);

  const DIV = `div.${TAG}`;
  const divs = () => {
    for (const host of widgets.keys()) if (!host.isConnected || !host.matches(`${TAG},${DIV}`)) end(host);
    for (const host of document.querySelectorAll(DIV)) {
      if (!widgets.has(host)) begin(host, (name) => host.getAttribute(`data-${name}`));
    }
  };
  const follow = () => {
    divs();
    new MutationObserver((changes) => {
      for (const { type, target, attributeName } of changes) {
        if (type === "attributes" && widgets.has(target) && target.matches(DIV)) change(target, attributeName.slice(5), () => {});
      }
      divs();
    }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", ...NAMES.map((name) => `data-${name}`)] });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", follow);
  else follow();
})();
