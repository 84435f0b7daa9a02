// Sirius: <sirius-avis formation="50022146"></sirius-avis>, or <div class="sirius-avis" data-formation="…">. No cookie, no storage.
(() => {
  "use strict";
  const TAG = "sirius-avis", DIV = `div.${TAG}`;
  const PLUS = "sha384-e6T9n4+zuctMDKoXzmk1tqDuqVoTFrImqjApUu2eMazsFaX/xkGM4q2kCGWFvxm4";
  const own = document.currentScript || [...document.scripts].find(({ src }) => /\/widget\/1(\.\d+\.\d+)?\.js$/.test(src));
  if (!own || customElements.get(TAG)) return;
  const home = new URL(own.src).origin;
  const QUERY = ["formation", "etablissement", "format", "theme", "accent", "langue", "si-vide"];
  const NAMES = [...QUERY, "chargement", "json-ld", "points-forts"];
  const LOWEST = 24, HIGHEST = 20000, PATIENCE = 10000;
  const widgets = new Map();

  let coming; // the second file: what few pages need
  const plus = () => coming ||= new Promise((resolve, reject) => {
    Avis.plus = resolve;
    const script = document.createElement("script");
    script.onerror = () => { coming = null; reject(); }; // the next widget tries again
    Object.assign(script, { src: `${home}/widget/1.0.0.plus.js`, integrity: PLUS, crossOrigin: "anonymous" });
    document.head.append(script);
  });

  class Widget {
    constructor(host, get) {
      Object.assign(this, { host, home, get, sheet: new CSSStyleSheet() });
      this.root = host.shadowRoot || host.attachShadow({ mode: "open" });
      this.slot = document.createElement("slot"); // what the page wrote stays until we have better
      this.root.replaceChildren(this.slot);
      this.root.adoptedStyleSheets = [this.sheet];
      this.format = this.read("format").toLowerCase();
      this.own = parseFloat(getComputedStyle(host).minHeight); // the room that the page keeps
      this.room = this.own || (this.format === "carrousel" ? 640 : Math.max(1000, innerHeight));
      if (!this.own && performance.getEntriesByType("paint")[0] && this.top < innerHeight) this.room = 0; // seen without
      const way = this.read("chargement");
      if (way === "clic") this.use("offer");
      else if (this.format === "score" || way === "immediat") this.load();
      else {
        this.keep(this.room);
        this.see((near) => near && this.load(), "600px");
      }
    }

    read(name) { return (this.get(name) || "").trim(); }
    get english() { return this.read("langue").toLowerCase() === "en"; }
    get top() { return this.host.getBoundingClientRect().top; }
    get current() { return widgets.get(this.host) === this; }

    css(rules) { this.sheet.replaceSync(`:host{${rules}!important}`); }
    keep(height) { this.css(`display:block;flex:1 1 100%;min-height:${this.kept = height}px`); }

    see(then, rootMargin) {
      this.watch?.disconnect();
      this.watch = new IntersectionObserver(([entry]) => then(entry.isIntersecting), { rootMargin });
      this.watch.observe(this.host);
    }

    unseen(then) { this.see((near) => near || then()); } // for what would make the page jump
    free() { this.own ? this.unseen(() => this.keep(0)) : this.keep(0); }

    use(job) { plus().then((tools) => this.current && tools[job](this), () => {}); }

    load(wanted) {
      this.watch?.disconnect();
      this.wanted = wanted; // by a reader, who is told when there is nothing
      if (this.format === "score") return this.use("score");
      const frame = this.frame = document.createElement("iframe");
      this.query = new URLSearchParams(QUERY.map((name) => [name, this.read(name)]).filter(([, value]) => value));
      if (wanted) this.query.set("si-vide", "message");
      if (this.get("points-forts") !== null) this.query.set("points-forts", 1);
      frame.title = this.english ? "Apprentices' reviews" : "Avis d'apprentis";
      frame.src = `${home}/widget?${this.query}#hote=${encodeURIComponent(location.origin)}`;
      frame.style.cssText = "display:block;width:100%;border:0;height:0";
      this.keep(this.room);
      this.root.append(frame);
      if (wanted) frame.focus();
      this.timer = setTimeout(() => {
        console.warn("Sirius ?", frame.src);
        this.free();
      }, PATIENCE);
    }

    hear({ type, hauteur, titre, debut }) {
      clearTimeout(this.timer);
      if (type === "hauteur" && Number.isFinite(hauteur)) this.grow(Math.min(Math.max(Math.ceil(hauteur), LOWEST), HIGHEST));
      if (type === "vide") this.say(type);
      if (type !== "pret") return;
      if (titre) this.frame.title = titre;
      if (!this.ready) this.say(type);
      if (!this.ready && this.get("json-ld") !== null) this.use("course");
      this.ready = true;
      if (this.read("theme") !== (this.query.get("theme") || "")) this.theme();
      const top = this.frame.getBoundingClientRect().top + debut;
      if (top < 0 || top > innerHeight) scrollBy(0, top - 16); // the reader went on inside
    }

    grow(height) { // what is on the screen below us stays there
      if (!this.told) {
        this.keep(Math.max(height, Math.min(this.room, innerHeight - this.top)));
        this.free();
      } else if (height > this.kept) this.keep(0);
      this.told = true;
      this.frame.style.height = `${height}px`;
      this.slot.style.display = "none";
    }

    say(type) {
      if (type === "vide" && !this.wanted && this.read("si-vide") !== "message") {
        if (this.own) this.css("visibility:hidden");
        if (this.own) this.unseen(() => this.css("display:none"));
        else this.css("display:none");
      }
      this.host.dispatchEvent(new CustomEvent(`sirius:${type}`, { bubbles: true }));
    }

    theme() { // a frame still coming hears of it when ready
      if (this.ready) this.frame.contentWindow.postMessage({ source: "sirius", type: "theme", theme: this.read("theme") || "auto" }, home);
    }

    stop() {
      this.watch?.disconnect();
      clearTimeout(this.timer);
      this.data?.remove();
      this.root.replaceChildren(document.createElement("slot"));
      this.root.adoptedStyleSheets = [];
    }
  }

  const begin = (host, get) => widgets.set(host, new Widget(host, get));
  const end = (host) => {
    widgets.get(host)?.stop();
    widgets.delete(host);
  };
  const change = (host, name, again) => {
    const widget = widgets.get(host);
    if (name === "theme" && widget.frame) widget.theme();
    else { end(host); again(); }
  };

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== home || data?.source !== "sirius") return;
    for (const widget of widgets.values()) if (source === widget.frame?.contentWindow) widget.hear(data);
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

  const divs = () => {
    for (const host of widgets.keys()) if (!host.isConnected || !host.matches(`${TAG},${DIV}`)) end(host);
    for (const host of document.querySelectorAll(DIV)) {
      if (!widgets.has(host)) begin(host, (name) => host.getAttribute(`data-${name}`));
    }
  };
  divs();
  new MutationObserver((changes) => {
    for (const { target, attributeName } of changes) {
      const name = attributeName?.slice("data-".length); // none of a class
      if (name && widgets.has(target) && target.matches(DIV)) change(target, name, divs);
    }
    divs();
  }).observe(document, { childList: true, subtree: true, attributeFilter: ["class", ...NAMES.map((name) => `data-${name}`)] });
})();
