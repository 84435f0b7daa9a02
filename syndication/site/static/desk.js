// The desk by keyboard: the next text is shown before the answer to a decision is there, and put back if it is refused.
(() => {
  const desk = document.querySelector("[data-desk]");
  if (!desk) return;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const alarm = one("#refus"), undo = one("#annulation"), place = one("#place");
  const spoken = one("[role=status]", undo), undoForm = one("form", undo);
  const previous = one("#avant"), next = one("#apres");
  const switched = one("#touches");
  const LOW = 5;
  let front = one("#texte"), ahead = [], behind = [], rank = +desk.dataset.place, total = +desk.dataset.total;
  let acts = [], undoing = Promise.resolve(), timer = 0, asking = null, ended = false, waits = false, tail = "";

  const number = (n) => n.toLocaleString("fr-FR");
  const idOf = (section) => section?.dataset.id ?? "";
  const seen = new Set([idOf(front)]);
  // the page that is asked for more begins where this one ends: its own text in front counts only when it is new
  const take = (root) => {
    const sections = all("template[data-suivant]", root).map((template) => one("section", template.content));
    const fresh = [root === document ? null : one("#texte[data-id]", root), ...sections].filter((section) => section && !seen.has(idOf(section)));
    for (const section of fresh) {
      seen.add(idOf(section));
      ahead.push(document.importNode(section, true));
    }
    tail = idOf(sections.at(-1)) || idOf(fresh.at(-1)) || tail || idOf(front);
    all("template[data-suivant]", root).forEach((template) => template.remove());
    return fresh.length;
  };
  take(document);

  // -- what is in front ------------------------------------------------------------------------------------------

  const where = () => {
    place.textContent = idOf(front) ? `${number(Math.max(rank, 1))} sur ${number(total)}` : `${number(total)}\u00a0${total < 2 ? "texte" : "textes"}`;
    next.hidden = !ahead.length;
    if (behind.length) previous.hidden = false;
    if (ahead.length) next.href = address(idOf(ahead[0]));
  };
  const address = (id) => `/moderation?${new URLSearchParams([...new URLSearchParams(desk.dataset.query), ["texte", id]])}`;
  const end = (sentence) => {
    const section = document.createElement("section");
    section.className = "front";
    section.id = "texte";
    section.tabIndex = -1;
    const link = Object.assign(document.createElement("a"), { href: `/moderation?${desk.dataset.query}`, textContent: "Regarder ce qui reste" });
    const lead = Object.assign(document.createElement("p"), { className: "lead", textContent: sentence });
    const last = document.createElement("p");
    last.append(link);
    section.append(lead, last);
    return section;
  };
  // whatever is shown takes the place of a text that was waited for: when it comes, it goes behind
  const show = (section) => {
    waits = false;
    front.replaceWith(section);
    front = section;
    front.focus({ preventScroll: true });
    if (desk.getBoundingClientRect().top < 0) desk.scrollIntoView();
    where();
  };
  const prepare = () => {
    if (ended || asking || ahead.length >= LOW || !tail) return;
    asking = fetch(address(tail), { headers: { accept: "text/html" } })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
      .then((html) => { ended = !take(new DOMParser().parseFromString(html, "text/html")); })
      .catch(() => { if (waits) show(end("Le texte suivant n'a pas pu être demandé.")); })
      .finally(() => {
        asking = null;
        if (waits) advance();
        else where();
      });
  };
  const advance = () => {
    prepare();
    const coming = !ahead.length && !ended && !!asking;
    show(ahead.shift() ?? end(coming ? "Le texte suivant arrive." : "Vous êtes au bout de la file."));
    waits = coming;
    prepare();
  };

  // -- saying -------------------------------------------------------------------------------------------------------

  const complain = (sentence) => {
    alarm.hidden = false;
    alarm.textContent = sentence;
  };
  const calm = () => { alarm.hidden = true; alarm.textContent = ""; };
  const SECONDS = 1000 * desk.dataset.seconds;
  const quiet = () => { undo.hidden = true; spoken.textContent = ""; };
  const say = (sentence) => {
    undo.hidden = false;
    undoForm.hidden = !acts.length;
    spoken.textContent = sentence;
    clearTimeout(timer);
    timer = setTimeout(quiet, SECONDS);
  };
  // acts that may still be taken back, the newest last: each leaves when its own time is over
  const forget = (act) => {
    clearTimeout(act.timer);
    acts = acts.filter((one) => one !== act);
    undoForm.hidden = !acts.length;
  };
  const keep = (act) => {
    acts.push(act);
    act.timer = setTimeout(forget, SECONDS, act);
  };
  // what the page itself says was done is taken back by its own form, after what was done since
  if (!undo.hidden && !undoForm.hidden) keep({ byForm: true });
  if (!undo.hidden) timer = setTimeout(quiet, SECONDS);

  // -- deciding -----------------------------------------------------------------------------------------------------

  const SAID = {
    publie: "Publié.", pepite: "Publié comme pépite.", archive: "Archivé.", alerte: "Signalé\u00a0: le texte a quitté la file.",
    refuse: "Refusé\u00a0: l'auteur lira pourquoi sur sa page.",
    recrire: "Réécriture demandée\u00a0: l'auteur lira pourquoi sur sa page.",
  };
  const post = (action, body) => fetch(action, {
    method: "POST", body, keepalive: true, credentials: "same-origin", headers: { accept: "application/json" },
  });
  const refreshed = (section, html) => {
    const found = new DOMParser().parseFromString(html, "text/html");
    const sentence = one("[role=alert]:not([hidden])", found)?.textContent.trim();
    const now = one("#texte", found);
    const same = now && idOf(now) === idOf(section) && idOf(now);
    return { sentence, section: same ? document.importNode(now, true) : null, gone: !!now && !same };
  };
  const bring = (section, sentence) => {
    if (section && section !== front) {
      if (idOf(front)) ahead.unshift(front);
      show(section);
    }
    complain(sentence);
    alarm.focus();
  };
  // what was typed is in the section itself; a fresher one from the server has it given back by the server
  const failed = async (section, answer) => {
    if (answer.status === 401) return bring(section, "Votre session est finie. Rien n'est perdu\u00a0: connectez-vous dans un autre onglet, puis décidez de nouveau.");
    const told = refreshed(section, await answer.text().catch(() => ""));
    if (told.gone && told.sentence) return complain(told.sentence);
    bring(told.section ?? section, told.sentence || "Le service n'a pas pu enregistrer. Rien n'est perdu\u00a0: décidez de nouveau.");
  };
  const versioned = (section, version) => all("input[name=version]", section).forEach((field) => { field.value = version; });
  const decide = async (form, button) => {
    const section = front, body = new URLSearchParams(new FormData(form));
    if (button?.name) body.append(button.name, button.value);
    const wished = form.action.endsWith("/alerte") ? "alerte" : body.get("decision").split(".")[0];
    const leaves = desk.dataset.query.includes("etat=publie") ? wished !== "publie" : true;
    calm();
    all("details[open]", section).forEach((details) => { details.open = false; });
    total -= leaves ? 1 : 0;
    advance();
    const mine = { section, leaves, done: false };
    // an alert is not taken back, and the key must not undo something else than what was said last
    if (wished === "alerte") acts.forEach(forget);
    else keep(mine);
    say(SAID[wished] ?? "Enregistré.");
    mine.sent = post(form.action, body).then(async (answer) => {
      if (answer.ok) {
        versioned(section, (await answer.json()).version);
        mine.done = true;
        return;
      }
      put(mine);
      await failed(section, answer);
    }, () => {
      put(mine);
      bring(section, "Pas de réseau\u00a0: la décision n'est pas partie. Rien n'est perdu, décidez de nouveau.");
    });
    await mine.sent;
  };
  const put = (mine) => {
    total += mine.leaves ? 1 : 0;
    const newest = acts.at(-1) === mine;
    forget(mine);
    if (newest || !acts.length) quiet();
    where();
  };
  const takeBack = async (mine) => {
    await mine.sent;
    if (!mine.done) return;
    const section = mine.section, body = new URLSearchParams();
    body.set("version", one("input[name=version]", section).value);
    body.set("retour", desk.dataset.query);
    const answer = await post(`/moderation/${idOf(section)}/annuler`, body).catch(() => null);
    if (!answer) return complain("Pas de réseau\u00a0: la décision n'a pas été annulée.");
    if (!answer.ok) return complain(refreshed(section, await answer.text()).sentence || "La décision n'a pas été annulée.");
    versioned(section, (await answer.json()).version);
    total += mine.leaves ? 1 : 0;
    if (idOf(front)) ahead.unshift(front);
    calm();
    show(section);
    say("Annulé\u00a0: le texte est revenu à son état d'avant.");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form === undoForm && acts.length && !acts.at(-1).byForm) {
      event.preventDefault();
      const mine = acts.at(-1);
      forget(mine);
      undoing = undoing.then(() => takeBack(mine));
    } else if (form.matches("[data-acte]") && !button?.hasAttribute("data-plain")) {
      event.preventDefault();
      decide(form, button);
    }
  });

  // -- going through the queue ---------------------------------------------------------------------------------------

  const forward = () => {
    if (waits || (!ahead.length && !asking)) return;
    behind.push(front);
    rank += 1;
    calm();
    advance();
  };
  const back = () => {
    if (!behind.length) return !previous.hidden && location.assign(previous.href);
    if (idOf(front)) ahead.unshift(front);
    rank -= 1;
    calm();
    show(behind.pop());
  };
  next.addEventListener("click", (event) => { event.preventDefault(); forward(); });
  previous.addEventListener("click", (event) => { if (behind.length) { event.preventDefault(); back(); } });

  // -- masks: what is selected in the text ------------------------------------------------------------------------------

  const selected = () => {
    const words = one("#mots", front), selection = getSelection();
    if (!words || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!words.contains(range.startContainer) || !words.contains(range.endContainer)) return null;
    const lead = document.createRange();
    lead.setStart(words, 0);
    lead.setEnd(range.startContainer, range.startOffset);
    const start = [...lead.toString()].length, said = range.toString();
    return { start, end: start + [...said].length, said };
  };
  const choose = (details) => {
    const found = selected(), field = one("input[name=selection]", details), told = one(".chosen", details);
    field.value = found ? `${found.start}.${found.end}` : "";
    told.hidden = !found;
    one("bdi", told).textContent = found?.said ?? "";
  };
  document.addEventListener("selectionchange", () => {
    const details = one("[data-key=m]", front);
    if (details && (selected() || !details.open)) choose(details);
  });

  // -- keys ---------------------------------------------------------------------------------------------------------

  const STORED = "sirius-touches";
  const remember = (on) => { try { localStorage.setItem(STORED, on ? "oui" : "non"); } catch { /* kept for this page only */ } };
  const recall = () => { try { return localStorage.getItem(STORED) !== "non"; } catch { return true; } };
  const apply = () => document.body.classList.toggle("touches", switched.checked);
  switched.checked = recall();
  apply();
  switched.addEventListener("change", () => { remember(switched.checked); apply(); });
  one("#aide").hidden = false;

  const press = (selector, within = front) => {
    const target = one(selector, within);
    if (target) target.click();
    return !!target;
  };
  const toggle = (letter) => {
    const details = one(`details[data-key=${letter}]`, front);
    if (!details) return false;
    all("details[name=choix]", front).forEach((other) => { if (other !== details) other.open = false; });
    if (letter === "m") choose(details);
    details.open = !details.open;
    (details.open ? one(letter === "n" ? "textarea" : "[data-number]", details) : one("summary", details))?.focus();
    return true;
  };
  const count = (n) => {
    const opened = one("details[name=choix][open]", front);
    if (opened && one("[data-number]", opened)) return press(`[data-number="${n}"]`, opened);
    const box = all(".topics input", front)[n - 1];
    if (!box) return false;
    if (box.closest("details")) box.closest("details").open = true;
    box.checked = !box.checked;
    return true;
  };
  const KEYS = {
    p: () => press("button[value=publie]"),
    g: () => press("button[value=pepite], button[name=valeur]"),
    u: () => {
      if (!undo.hidden && !undoForm.hidden) undoForm.requestSubmit();
      else say(acts.length ? "La décision d'avant peut encore être annulée." : `Il n'y a plus rien à annuler\u00a0: une décision s'annule dans les ${desk.dataset.seconds}\u00a0secondes.`);
      return true;
    },
    j: () => { forward(); return true; },
    k: () => { back(); return true; },
    "?": () => { const help = one("#aide"); help.open = !help.open; one("summary", help).focus(); return true; },
  };
  for (const letter of "reamn") KEYS[letter] = () => toggle(letter);
  for (let n = 1; n < 10; n += 1) KEYS[n] = () => count(n);
  const typing = (target) => target.matches("textarea, select, input:not([type=checkbox]):not([type=radio]), [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const opened = one("details[name=choix][open]", front);
      if (opened) { opened.open = false; one("summary", opened).focus(); }
      return;
    }
    if (!switched.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (typing(event.target)) return;
    const key = event.getModifierState("CapsLock") && !event.shiftKey ? event.key.toLowerCase() : event.key;
    if (KEYS[key]?.()) event.preventDefault();
  });
  where();
})();
