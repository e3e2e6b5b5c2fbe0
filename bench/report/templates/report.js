"use strict";
(() => {
  const PAGE = 200;
  const PRINTED = 5000;
  const root = document.documentElement;
  const find = (query) => document.querySelector(query);
  let data = null; // decoded payload
  let matching = []; // records under the filters
  let shown = 0;
  let chosen = null; // { key, ids } of a figure whose records are shown

  // Language ---------------------------------------------------------------------------------------------------------
  const wished = () => {
    const asked = new URLSearchParams(location.search).get("lang") || (location.hash.match(/^#lang=(\w+)/) || [])[1];
    return (asked || navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";
  };
  const speak = (lang) => {
    root.lang = lang === "zh" ? "zh-CN" : "en";
    for (const one of document.querySelectorAll("[data-zh]")) one.textContent = one.dataset[lang];
    for (const one of document.querySelectorAll("[data-speak]")) one.setAttribute("aria-pressed", String(one.dataset.speak === lang));
  };
  root.lang = wished() === "zh" ? "zh-CN" : "en";

  // Elements: texts are set as text, never as mark-up ------------------------------------------------------------------
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const twins = (pair, tag = "span", kind = "") => {
    const made = make(tag, undefined, kind);
    if (pair[0] === pair[1]) { made.textContent = pair[0]; return made; }
    ["zh", "en"].forEach((lang, index) => {
      const one = make("span", pair[index]);
      one.dataset.lang = lang;
      one.lang = lang === "zh" ? "zh-CN" : "en";
      made.append(one);
    });
    return made;
  };
  const word = (name) => (Object.hasOwn(data.words, name) ? data.words[name] : [name, name]);
  const named = (key, kind) => {
    const full = kind ? `${kind}.${key}` : key;
    return Object.hasOwn(data.names, full) ? data.names[full] : [key, key];
  };
  const link = (href, pair) => { const made = twins(pair, "a"); made.href = href; return made; };
  const marked = (text, kind) => {
    const made = make("pre", undefined, kind);
    made.dir = "auto";
    for (const part of text.split(/(⟨U\+[0-9A-F]{4,6}⟩|[\u2400-\u2421])/)) {
      made.append(/^(⟨U\+[0-9A-F]{4,6}⟩|[\u2400-\u2421])$/.test(part) ? make("mark", part) : part);
    }
    return made;
  };

  // Sorting ----------------------------------------------------------------------------------------------------------
  const sort = (button) => {
    const head = button.closest("th");
    const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    for (const one of head.parentNode.children) if (one.hasAttribute("aria-sort")) one.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    const column = Number(button.dataset.sort);
    const sign = order === "ascending" ? 1 : -1;
    const value = (row) => {
      const cell = row.cells[column];
      return head.classList.contains("num") ? Number(cell.dataset.value) : cell.innerText;
    };
    for (const body of head.closest("table").tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("total")).map((row) => [value(row), row]);
      rows.sort(([a], [b]) => sign * (typeof a === "number" ? a - b : a.localeCompare(b, root.lang, { numeric: true })));
      body.append(...rows.map(([, row]) => row));
    }
  };

  // Data -------------------------------------------------------------------------------------------------------------
  const decode = async () => {
    const source = find("#data");
    let text = source.textContent;
    if (source.dataset.encoding) {
      const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(source.dataset.encoding));
      text = await new Response(stream).text();
    }
    const found = JSON.parse(text);
    found.records = found.rows.map((row) => Object.fromEntries(found.fields.map((name, index) => [name, row[index]])));
    for (const one of found.records) one.outcome = one.passed === null ? "unscored" : one.passed ? "passed" : "failed";
    return found;
  };
  let loading = null;
  const load = async () => { loading = loading || decode(); data = await loading; };

  // Records ----------------------------------------------------------------------------------------------------------
  const SHAPES = { passed: "● ", failed: "✕ ", unscored: "○ " };
  const outcome = (one) => {
    const made = make("span", SHAPES[one.outcome], one.outcome);
    made.append(twins(word(one.outcome)));
    return made;
  };
  const line = (one) => {
    const made = make("summary", undefined, "line");
    const lang = twins(named(one.lang, "language"));
    if (one.variant !== "plain") lang.append(" · ", twins(named(one.variant, "variant")));
    made.append(
      make("span", `${one.i}`, "id"), make("span", one.item, "code"), make("span", one.codes.join(", "), "code"), lang,
      twins(named(one.expect, "expect")), outcome(one), twins(one.label === null ? ["–", "–"] : named(one.label, "label")),
      twins(named(one.status, "status")), make("span", one.scorer || "–"),
      make("span", one.confidence === null ? "–" : Number(one.confidence).toFixed(2), "num"),
    );
    return made;
  };
  const fact = (name, value) => {
    const made = twins(word(name), "p", "quiet");
    made.append(": ", make("span", value, "code"));
    return made;
  };
  const body = (one) => {
    const made = make("div", undefined, "body");
    const place = make("p", `${one.suite} · `, "quiet");
    place.append(link(`#item/${encodeURIComponent(one.item)}`, word("item")));
    made.append(place);
    if (one.reason) made.append(fact("reason", one.reason));
    if (one.detail) made.append(fact("detail", one.detail));
    if (one.withheld) { made.append(fact("withheld", one.withheld)); return made; }
    if (one.hidden) { made.append(twins(word("hidden"), "p")); return made; }
    for (const [role, content] of one.messages) {
      const title = twins(word("prompt"), "h4");
      title.append(" · ", twins(word(`role.${role}`)));
      made.append(title, marked(content, "asked"));
    }
    if (one.reasoning) made.append(twins(word("reasoning"), "h4"), marked(one.reasoning, "thought"));
    made.append(twins(word("reply"), "h4"), one.reply ? marked(one.reply, "answer") : twins(word("no_reply"), "p"));
    if (one.cut) made.append(fact("cut", `${one.cut}`));
    return made;
  };
  const row = (one) => {
    const made = make("details", undefined, "record");
    made.id = `r${one.i}`;
    made.append(line(one));
    made.addEventListener("toggle", () => { if (made.open && made.children.length === 1) made.append(body(one)); });
    return made;
  };
  const draw = (count) => {
    const next = matching.slice(shown, shown + count);
    find("#rows").append(...next.map(row));
    shown += next.length;
    find("#more").hidden = shown >= matching.length;
    find("#tally").replaceChildren(twins(word("shown")), ` ${shown} `, twins(word("of")), ` ${matching.length}`);
  };
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(find("#filters")));
    const text = wanted.find.trim().toLowerCase();
    const fits = (one) =>
      (!chosen || chosen.ids.has(one.i)) &&
      ["outcome", "dimension", "lang", "expect", "status"].every((name) => !wanted[name] || one[name] === wanted[name]) &&
      (!wanted.code || one.codes.includes(wanted.code)) &&
      (!text || `r${one.i} ${one.item} ${one.suite} ${one.codes.join(" ")}`.toLowerCase().includes(text));
    matching = data.records.filter(fits);
    shown = 0;
    find("#rows").replaceChildren();
    draw(PAGE);
  };
  const title = (key) => {
    const parts = key.split("/").filter((part) => part !== "all");
    const said = (part, index) => [named(part), named(part, "language"), named(part, "expect"), named(part, "variant"), word(part)]
      .map((pair) => pair[index]).find((one) => one !== part) || part;
    return [0, 1].map((index) => parts.map((part) => said(part, index)).join(" · "));
  };
  const choose = (next, preset) => {
    chosen = next;
    find("#filters").reset();
    for (const [name, value] of Object.entries(preset)) find(`#filters [name=${name}]`).value = value;
    const chip = find("#chosen");
    chip.hidden = !chosen;
    chip.replaceChildren();
    if (chosen) {
      const clear = twins(word("clear"), "button");
      clear.type = "button";
      clear.addEventListener("click", () => choose(null, {}));
      chip.append(twins(word("selected")), " ", twins(title(chosen.key)), clear);
    }
    filter();
  };
  const undelta = (steps) => { let at = 0; return new Set(steps.map((step) => (at += step))); };
  const setOf = (key) => {
    if (key.endsWith("/unscored")) {
      const all = setOf(key.replace(/unscored$/, "all"));
      return new Set(data.records.filter((one) => one.passed === null && all.has(one.i)).map((one) => one.i));
    }
    return undelta(Object.hasOwn(data.sets, key) ? data.sets[key] : []);
  };

  // Places: #r41, #item/<id>, #set/<figure>/<which>, #status/<name> ----------------------------------------------------
  const place = () => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; } };
  const route = async () => {
    const [, kind, key] = place().match(/^(r|item\/|set\/|status\/)(.+)$/s) || [];
    if (!kind || (kind === "r" && !/^\d+$/.test(key))) return;
    await load();
    const ids = {
      "r": () => new Set([Number(key)]),
      "item/": () => new Set(data.records.filter((one) => one.item === key).map((one) => one.i)),
      "set/": () => setOf(key),
    };
    if (kind === "status/") choose(null, { outcome: "", status: key });
    else choose({ key: kind === "r" ? `r${key}` : key, ids: ids[kind]() }, { outcome: "" });
    find("#list").open = true;
    find("#records").scrollIntoView();
    find("#list > summary").focus({ preventScroll: true });
  };

  const start = () => {
    speak(wished());
    for (const one of document.querySelectorAll("[data-speak]")) one.addEventListener("click", () => speak(one.dataset.speak));
    for (const one of document.querySelectorAll(".sort")) one.addEventListener("click", () => sort(one));
    find("#filters").addEventListener("submit", (event) => event.preventDefault());
    find("#filters").addEventListener("input", filter);
    find("#more").addEventListener("click", () => draw(PAGE));
    find("#list").addEventListener("toggle", async () => {
      await load();
      if (!find("#rows").children.length && !chosen) choose(null, { outcome: "failed" });
    });
    document.addEventListener("click", (event) => { // the same link twice shows its records again
      const target = event.target.closest("a[href^='#']");
      if (target && target.getAttribute("href") === location.hash) route();
    });
    addEventListener("hashchange", route);
    addEventListener("beforeprint", () => {
      if (!data) return;
      if (!find("#rows").children.length) choose(null, { outcome: "failed" });
      find("#list").open = true;
      draw(Math.max(0, PRINTED - shown));
    });
    load().then(route);
  };
  document.addEventListener("DOMContentLoaded", start);
})();
