// Sirius, second file: scores of result lists (one request for all of them) and structured data. Loaded when needed.
(() => {
  "use strict";
  const MOST = 300; // keys of one request
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{display:inline-block;min-height:1.5em}a{color:inherit;text-decoration:underline;text-underline-offset:3px}
a:focus-visible{outline:3px solid;outline-offset:2px}svg{width:.75em;height:.75em;margin-right:.4em;fill:#1f7a5c}:host([theme=sombre]) svg,:host([data-theme=sombre]) svg{fill:#5cc29c}
@media(prefers-color-scheme:dark){:host([theme=auto]) svg,:host([data-theme=auto]) svg{fill:#5cc29c}}@media(forced-colors:active){svg{fill:CanvasText}}`);

  const clean = (text) => (text || "").trim();
  const key = (widget) => {
    const formation = clean(widget.read("formation")), centre = clean(widget.read("etablissement"));
    return centre ? `${formation}@${centre}` : formation;
  };

  let waiting = []; // widgets of this turn, asked for together

  const ask = async (widgets) => {
    const { home, english } = widgets[0];
    const keys = [...new Set(widgets.map(key))].filter((one) => one && !one.includes(",")).sort();
    const found = {};
    for (let start = 0; start < keys.length; start += MOST) {
      const query = new URLSearchParams({ cles: keys.slice(start, start + MOST).join(","), ...(english && { langue: "en" }) });
      const answer = await fetch(`${home}/widget/scores?${query}`, { credentials: "omit" });
      if (!answer.ok) return; // what the page wrote stays
      Object.assign(found, await answer.json());
    }
    for (const widget of widgets) draw(widget, found[key(widget)]);
  };

  const draw = (widget, score) => {
    if (!widget.root.host.isConnected) return;
    if (!score || !score.texte) {
      if (widget.read("si-vide") === "message") widget.root.replaceChildren(widget.english ? "No reviews yet" : "Pas encore d’avis");
      return widget.say("vide");
    }
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("viewBox", "0 0 12 12");
    mark.setAttribute("aria-hidden", "true");
    mark.append(document.createElementNS(mark.namespaceURI, "circle"));
    for (const [name, value] of [["cx", 6], ["cy", 6], ["r", 6]]) mark.firstChild.setAttribute(name, value);
    const link = document.createElement("a");
    Object.assign(link, { href: score.lien, target: "_blank", rel: "noopener", textContent: score.texte, title: score.voir });
    link.part = "lien";
    const more = [score.elargi, score.prudence].filter(Boolean).join(". ");
    widget.root.adoptedStyleSheets = [sheet];
    widget.root.replaceChildren(mark, link, more ? ` (${more.replace(/\.$/, "")})` : "");
    widget.say("pret");
  };

  const score = (widget) => {
    if (!waiting.length) setTimeout(() => {
      const all = waiting;
      waiting = [];
      for (const english of [false, true]) {
        const some = all.filter((one) => one.english === english);
        if (some.length) ask(some).catch(() => {});
      }
    });
    waiting.push(widget);
  };

  const course = async (widget) => {
    const answer = await fetch(`${widget.home}/widget/course?${widget.query()}`, { credentials: "omit" }).catch(() => null);
    const data = answer && answer.ok && await answer.json();
    if (!data || !widget.host.isConnected) return;
    const canonical = document.querySelector("link[rel=canonical]");
    data["@id"] = canonical ? canonical.href : location.href.split("#")[0];
    widget.data = document.createElement("script");
    widget.data.type = "application/ld+json";
    widget.data.textContent = JSON.stringify(data).replace(/</g, "\\u003c");
    document.head.append(widget.data);
  };

  customElements.get("sirius-avis").plus({ score, course });
})();
