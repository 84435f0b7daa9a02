// Gives the previewed frame the height it asks for; only that frame, only from here.
(() => {
  "use strict";
  const frame = document.getElementById("cadre");
  addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== frame.contentWindow || !event.data || event.data.source !== "sirius") return;
    const { type, hauteur } = event.data;
    if (type === "hauteur" && Number.isFinite(hauteur)) frame.style.height = `${Math.min(Math.max(hauteur, 40), 20000)}px`;
  });
  frame.src = frame.src; // the frame may have spoken before we listened
})();
