/* What script adds to pages that work without it: copy buttons, menus that close, facets that open on wide screens,
   choices that apply at once, the name of a chosen file, the section one is reading. */
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const wide = window.matchMedia("(min-width: 62.01rem)");

  function toast(text) {
    const box = document.createElement("div");
    box.className = "hg-toast";
    box.setAttribute("role", "status");
    document.body.append(box);
    box.textContent = text;
    setTimeout(() => box.remove(), 8000);
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    await navigator.clipboard.writeText(text);
    toast(button.dataset.done);
  }

  // Charts are pictures until somebody wants to read values off them; only then is the script of 0.3 MB loaded.
  async function interact(button) {
    button.disabled = true;
    try {
      const [specification] = await Promise.all([
        fetch(button.dataset.interactive).then((answer) => answer.ok ? answer.json() : Promise.reject(new Error(answer.status))),
        window.haugiangEmbed || new Promise((done, failed) => {
          const script = Object.assign(document.createElement("script"), { src: button.dataset.script, type: "module", onload: done, onerror: failed });
          document.head.append(script);
        }),
      ]);
      const plot = button.closest("figure").querySelector(".hg-plot");
      const locale = document.documentElement.lang === "en" ? { decimal: ".", thousands: ",", grouping: [3], currency: ["", ""] } : { decimal: ",", thousands: ".", grouping: [3], currency: ["", "₫"] };
      // The page's own family, in quotes: a canvas cannot measure “Source Sans 3” without, and labels would be cut off.
      specification.config = Object.assign({}, specification.config, { font: getComputedStyle(document.body).fontFamily });
      // Drawn for 564 pixels; on a phone it is made narrower instead of smaller, a map keeps its shape.
      const width = Math.max(160, specification.width - Math.max(0, 564 - plot.clientWidth));
      if (specification.projection) specification.height *= width / specification.width;
      specification.width = width;
      plot.textContent = "";
      await window.haugiangEmbed(plot, specification, { actions: false, renderer: "svg", formatLocale: locale });
      const focused = document.activeElement === button || document.activeElement === document.body;
      button.remove();
      plot.tabIndex = -1;
      if (focused) plot.focus(); // else the next Tab would begin at the top of the page
    } catch (error) {
      button.disabled = false;
      toast(button.dataset.failed);
    }
  }

  function setUp(root) {
    all("[data-interactive]", root).forEach((button) => { button.hidden = false; });
    // The clipboard exists on secure pages only; without it the button would promise what it cannot do.
    if (navigator.clipboard) all("[data-copy]", root).forEach((button) => { button.hidden = false; });
    all("[data-noscript]", root).forEach((button) => { button.hidden = true; });
    all("details[data-open-wide]", root).forEach((details) => { details.open = wide.matches; details.classList.add("ready"); });
  }

  function spy() {
    const links = all(".hg-anchors a, .hg-toc a");
    const targets = links.map((link) => document.getElementById(link.hash.slice(1))).filter(Boolean);
    if (!targets.length || !("IntersectionObserver" in window)) return;
    const mark = () => {
      const passed = targets.filter((target) => target.getBoundingClientRect().top < 140);
      const here = passed.length ? passed[passed.length - 1] : targets[0];
      links.forEach((link) => link.hash === "#" + here.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
    };
    const seen = new IntersectionObserver(mark, { rootMargin: "-120px 0px -50% 0px", threshold: [0, 1] });
    targets.forEach((target) => seen.observe(target));
    mark();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const chart = event.target.closest("[data-interactive]");
    if (chart) interact(chart);
    all("details.hg-menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.hg-menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest && event.target.closest("[data-drop]");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    });
  }
  document.addEventListener("htmx:afterSwap", (event) => setUp(event.target.parentElement || document));
  wide.addEventListener("change", () => setUp(document));
  document.documentElement.classList.add("js");
  setUp(document);
  spy();
})();
