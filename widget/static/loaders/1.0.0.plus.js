// Sirius, second file, loaded when needed: scores of result lists (one request for all of them), structured data, and
// the button of a widget that waits for a click.
(() => {
  "use strict";
  const MOST = 300, LONGEST = 7500; // keys of one request, and their signs in its address
  const COLOURS = ["#1f7a5c", "#a9700c", "#a8365b"], DARK = ["#5cc29c", "#e0b55a", "#e58aa6"];
  const rules = (colours) => colours.map((colour, place) => `i:nth-child(${place + 1}){background:${colour}}`).join("");
  const dark = (place) => DARK.map((colour, n) => `${place} i:nth-child(${n + 1}){background:${colour}}`).join("");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{display:inline-block;min-height:1.5em}a{color:inherit;text-decoration:underline;text-underline-offset:3px}
a:focus-visible{outline:3px solid;outline-offset:2px}span{display:inline-flex;gap:1px;width:3em;height:.6em;margin-right:.5em}${rules(COLOURS)}
${dark(":host([theme=sombre])")}${dark(":host([data-theme=sombre])")}i{forced-color-adjust:none}
@media(prefers-color-scheme:dark){${dark(":host([theme=auto])")}${dark(":host([data-theme=auto])")}}`);

  const key = (widget) => {
    const formation = widget.read("formation"), centre = widget.read("etablissement");
    return centre ? `${formation}@${centre}` : formation;
  };

  let waiting = []; // widgets of this turn, asked for together

  const ask = async (widgets) => {
    const { home, english } = widgets[0];
    const wanted = new Map(widgets.map((widget) => [widget, key(widget)]));
    const keys = [...new Set(wanted.values())].filter((one) => one && !one.includes(",")).sort();
    const found = {};
    while (keys.length) {
      const some = [keys.shift()];
      for (let length = 0; some.length < MOST && keys.length; some.push(keys.shift())) {
        length += encodeURIComponent(keys[0]).length + 3;
        if (length > LONGEST) break;
      }
      const query = new URLSearchParams({ cles: some.join(","), ...(english && { langue: "en" }) });
      const answer = await fetch(`${home}/widget/scores?${query}`, { credentials: "omit" });
      if (!answer.ok) return; // what the page wrote stays
      Object.assign(found, await answer.json());
    }
    for (const [widget, one] of wanted) if (widget.current) draw(widget, found[one]);
  };

  const draw = (widget, score) => {
    if (!score || !score.texte) {
      if (widget.wanted || widget.read("si-vide") === "message") widget.root.replaceChildren(widget.english ? "No reviews yet" : "Pas encore d'avis");
      return widget.say("vide");
    }
    const bar = document.createElement("span");
    bar.setAttribute("aria-hidden", "true");
    for (const count of score.repartition) {
      const part = document.createElement("i");
      part.style.flexGrow = count;
      bar.append(part);
    }
    const link = document.createElement("a");
    Object.assign(link, { href: score.lien, target: "_blank", rel: "noopener", textContent: score.texte, title: score.voir });
    const more = [score.elargi, score.prudence].filter(Boolean).join(". ");
    widget.root.adoptedStyleSheets = [sheet];
    widget.root.replaceChildren(bar, link, more ? ` (${more.replace(/\.$/, "")})` : "");
    if (widget.wanted) link.focus();
    if (widget.get("json-ld") !== null) course(widget);
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

  // One course a page bears its canonical address; those of other widgets have names of their own behind it.
  const course = async (widget) => {
    const query = new URLSearchParams(["formation", "etablissement", "format", "langue"].map((name) => [name, widget.read(name)]).filter(([, value]) => value));
    const answer = await fetch(`${widget.home}/widget/course?${query}`, { credentials: "omit" }).catch(() => null);
    const data = answer && answer.ok && await answer.json();
    if (!data || !widget.current) return;
    const canonical = document.querySelector("link[rel=canonical]");
    const page = canonical ? canonical.href : location.href.split("#")[0];
    const taken = [...document.querySelectorAll("script[data-sirius]")].some((one) => one.dataset.sirius === page);
    data["@id"] = taken ? `${page}#${key(widget)}` : page;
    widget.data = document.createElement("script");
    widget.data.type = "application/ld+json";
    widget.data.dataset.sirius = data["@id"];
    widget.data.textContent = JSON.stringify(data).replace(/</g, "\\u003c");
    document.head.append(widget.data);
  };

  const offer = (widget) => {
    const button = document.createElement("button");
    button.textContent = widget.english ? "See apprentices' reviews" : "Voir les avis d'apprentis";
    button.style.cssText = "display:block;padding:.6em 1em;font:inherit;color:inherit;background:none;border:1px solid;border-radius:6px;cursor:pointer";
    button.part = "bouton";
    button.onclick = () => { button.remove(); widget.load(true); };
    widget.root.append(button);
  };

  customElements.get("sirius-avis").plus({ score, course, offer });
})();
