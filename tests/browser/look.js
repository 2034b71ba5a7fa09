// What the tests ask of a page as the browser has laid it out. Elements are told by their tag, id or class, and first words.
window.look = (() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function told(element) {
    const name = element.id ? `#${element.id}` : [...element.classList].map((c) => `.${c}`).join("");
    const words = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}${name} "${words}"`;
  }

  function above(element, holds) {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (holds(up)) return up;
    return null;
  }

  const scrolls = (element) => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);

  function openAll() {
    for (const details of all("details")) details.open = true;
  }

  // Elements that reach over the sides, those within a part that scrolls and the marks of drawings left out. On the left
  // there may be some room beside the page.
  function overSides(width, room = 0, asked = () => true) {
    const found = [];
    for (const element of all("body *")) {
      if (element.parentElement.closest("svg")) continue;
      const box = element.getBoundingClientRect();
      if (!box.width || !box.height || (box.right <= width + 1 && box.left >= -room - 1)) continue;
      const aside = /absolute|fixed/.test(getComputedStyle(element).position) && box.right <= 0;
      if (aside || !asked(element) || above(element, scrolls)) continue;
      if (!found.some((other) => other.contains(element))) found.push(element);
    }
    return found.map((element) => {
      const box = element.getBoundingClientRect();
      return `${told(element)} from ${Math.round(box.left)} to ${Math.round(box.right)}`;
    });
  }

  // Each kind of sheet as the style sheet declares it: its name ("auto" without one) and the room between its margins.
  function sheets() {
    const pixels = (length) => {
      const units = { mm: 96 / 25.4, cm: 96 / 2.54, in: 96, pt: 96 / 72, px: 1 };
      const [, number, unit] = /^([\d.]+)(\w*)$/.exec(length) || [, "0", "px"];
      return Number(number) * (units[unit] ?? 1);
    };
    const rules = (list) =>
      [...list].flatMap((rule) => {
        if (rule instanceof CSSPageRule) return [rule];
        const applies = !rule.media || matchMedia(rule.media.mediaText).matches;
        return rule.cssRules && applies ? rules(rule.cssRules) : [];
      });
    const found = { auto: { size: "", left: 38, right: 38, top: 38, bottom: 38 } };
    for (const rule of [...document.styleSheets].flatMap((sheet) => rules(sheet.cssRules))) {
      if (rule.selectorText.includes(":")) continue;
      const name = rule.selectorText || "auto";
      found[name] = { ...found.auto, ...found[name] };
      if (rule.style.size) found[name].size = rule.style.size;
      for (const side of ["left", "right", "top", "bottom"]) {
        const margin = rule.style.getPropertyValue(`margin-${side}`);
        if (margin) found[name][side] = pixels(margin);
      }
    }
    return Object.entries(found).map(([name, sheet]) => {
      const a4 = [pixels("210mm"), pixels("297mm")];
      const [width, height] = sheet.size.includes("landscape") ? a4.reverse() : a4;
      return { name, width: width - sheet.left - sheet.right, height: height - sheet.top - sheet.bottom, room: sheet.left };
    });
  }

  function onSheet(name) {
    return (element) => {
      const named = (e) => getComputedStyle(e).page !== "auto";
      const by = named(element) ? element : above(element, named);
      return (by ? getComputedStyle(by).page : "auto") === name;
    };
  }

  // What does not fit a sheet of that name, whose printable room the window has: too wide, or a drawing too tall.
  function offSheet({ name, height, room }) {
    const tall = all("svg, img").filter((drawing) => drawing.getBoundingClientRect().height > height);
    return [...overSides(innerWidth, room, onSheet(name)), ...tall.filter(onSheet(name)).map((d) => `${told(d)} is too tall`)];
  }

  const drawings = () => all("figure svg, figure img").filter((d) => !d.parentElement.closest("svg") && !d.closest("[aria-hidden=true]"));

  function nameOf(drawing) {
    const by = drawing.closest("[role=img], img, svg:not([aria-hidden])");
    const holder = drawing.closest("[role=img]") || by;
    const labelled = (holder.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const words = labelled.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const title = holder.querySelector(":scope > title")?.textContent;
    return (words || holder.getAttribute("aria-label") || holder.getAttribute("alt") || title || "").trim();
  }

  // Words that reach over the left side of the part their drawing scrolls in, where nobody can scroll to.
  function cutWords(drawing) {
    const part = above(drawing, scrolls);
    const edge = part ? part.getBoundingClientRect().left - part.scrollLeft : 0;
    return all("text", drawing)
      .filter((text) => text.textContent.trim() && text.getBoundingClientRect().left < edge - 1)
      .map((text) => text.textContent);
  }

  function charts() {
    return drawings().map((drawing) => {
      const box = drawing.getBoundingClientRect();
      const marks = all("path, rect, circle, line, text", drawing).filter((mark) => {
        const drawn = mark.getBoundingClientRect();
        return drawn.width + drawn.height > 0 && drawn.right > box.left && drawn.left < box.right;
      });
      return {
        told: told(drawing.closest("figure")),
        name: nameOf(drawing),
        cut: cutWords(drawing),
        width: box.width,
        height: box.height,
        marks: drawing.tagName === "IMG" ? (drawing.naturalWidth ? Infinity : 0) : marks.length,
      };
    });
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colours = new Map();

  // A computed colour as red, green and blue from 0 to 255 and opacity from 0 to 1.
  function rgba(colour) {
    if (!colours.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = "transparent";
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, opacity] = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(colour, [red, green, blue, opacity / 255]);
    }
    return colours.get(colour);
  }

  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];

  function luminance(colour) {
    const linear = colour.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  function paint(element) {
    const style = getComputedStyle(element);
    const shape = element.ownerSVGElement;
    if (shape && style.fill === "none") return [0, 0, 0, 0];
    const [r, g, b, a] = rgba(shape ? style.fill : style.backgroundColor);
    return [r, g, b, a * Number(style.opacity) * (shape ? Number(style.fillOpacity) : 1)];
  }

  // What lies under a point of the window, from the ground up, texts left out.
  function ground(x, y) {
    const under = document.elementsFromPoint(x, y).filter((e) => !e.closest("text"));
    return under.reverse().reduce((below, element) => over(paint(element), below), [255, 255, 255, 1]);
  }

  const pageGround = () => over(paint(document.body), over(paint(document.documentElement), [255, 255, 255, 1]));

  // Words of charts that stand out from what is under them less than 4.5 to 1; charts that are not shown have no ground.
  function faintWords() {
    openAll();
    const found = [];
    for (const drawing of drawings().filter((d) => d.checkVisibility())) {
      drawing.scrollIntoView({ block: "start", inline: "start", behavior: "instant" });
      for (const text of all("text", drawing)) {
        const box = text.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        if (!text.textContent.trim() || x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue;
        const under = ground(x, y);
        const ratio = contrast(over(paint(text), under), under);
        if (ratio < 4.5) found.push(`${told(drawing.closest("figure"))}: "${text.textContent}" ${ratio.toFixed(1)}`);
      }
    }
    return found;
  }

  const inner = () => [...new Set(all("a[href^='#']").map((a) => a.getAttribute("href")))];

  // Links within the page that do not lead to something seen: from a state in which all around the target is folded.
  function lost() {
    const wrong = [];
    for (const href of inner()) {
      const target = document.getElementById(decodeURIComponent(href.slice(1)));
      if (!target) {
        wrong.push(`${href} is nowhere`);
        continue;
      }
      for (let up = target.closest("details"); up; up = up.parentElement.closest("details")) up.open = up === target;
      location.hash = "";
      location.hash = href;
      const box = target.getBoundingClientRect();
      const seen = target.checkVisibility() && box.top < innerHeight && box.bottom >= 0;
      if (!seen) wrong.push(`${href} is not seen`);
    }
    return wrong;
  }

  const links = () =>
    all("a[href]")
      .filter((a) => !a.closest("svg") && !a.getAttribute("href").startsWith("#"))
      .map((a) => ({ href: a.getAttribute("href"), download: a.getAttribute("download"), rel: a.rel, told: told(a) }));

  const INTERACTIVE = "a[href], summary, button, input, select, textarea, [role=button], [tabindex]:not([tabindex='-1'])";

  // What a keyboard stops at, in the order of the document: seen, not switched off.
  const stops = () => all(INTERACTIVE).filter((e) => e.checkVisibility() && !e.disabled && !e.closest("[inert]") && e.type !== "hidden");

  // Interactive elements that Tab passes by or takes out of their order.
  const passedBy = () => stops().filter((e) => e.tabIndex !== 0).map(told);

  const focused = () => stops().indexOf(document.activeElement);

  // Kinds of interactive elements that look the same when the keyboard is on them. A key must have been pressed before.
  function unmarked() {
    const kinds = new Map(stops().map((e) => [`${e.tagName}.${e.className}.${e.parentElement.className}`, e]));
    const marked = (element) => {
      const style = getComputedStyle(element);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return outlined && contrast(rgba(style.outlineColor), pageGround()) >= 3;
    };
    return [...kinds.values()].filter((element) => {
      element.focus();
      return document.activeElement !== element || !marked(element);
    }).map(told);
  }

  // What moves although the reader has asked for no motion.
  function moving() {
    const seconds = (list) => Math.max(...list.split(",").map(parseFloat));
    const kinds = new Map(all("html, body, body *").map((e) => [`${e.tagName}.${e.getAttribute("class")}`, e]));
    return [...kinds.values()].filter((element) => {
      const style = getComputedStyle(element);
      const still = seconds(style.transitionDuration) <= 0.01 && seconds(style.animationDuration) <= 0.01;
      return !still || style.scrollBehavior === "smooth";
    }).map(told);
  }

  // Leaves one of each kind among siblings, kinds of what they hold included, and of drawings their name: axe-core takes
  // seconds for thousands of elements alike.
  function thin(element = document.body) {
    if (element.tagName === "svg") for (const mark of all(":scope > :not(title, desc)", element)) mark.remove();
    const seen = new Set();
    for (const child of [...element.children]) {
      const kind = thin(child);
      if (seen.has(kind)) child.remove();
      seen.add(kind);
    }
    const own = ["class", "role", "style"].map((name) => element.getAttribute(name));
    return [element.tagName, ...own, ...seen].join();
  }

  const headings = () => all("h1, h2, h3, h4").map((h) => h.textContent.trim().replace(/\s+/g, " "));

  // The part that follows the body of the report when printed, left out by whoever counts the body's sheets.
  function hideAnnex() {
    const annex = document.getElementById("annex");
    if (annex) annex.style.setProperty("display", "none", "important");
  }

  // What the page does itself before it is printed, for looking at it afterwards.
  const asPrinted = () => dispatchEvent(new Event("beforeprint"));

  return {
    openAll, overSides, sheets, offSheet, charts, faintWords, lost, links, passedBy, focused, unmarked, moving, thin,
    headings, hideAnnex, asPrinted, stops: () => stops().length,
    ground: () => luminance(pageGround()), ink: () => luminance(rgba(getComputedStyle(document.body).color)),
  };
})();
