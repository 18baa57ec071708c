// What telltale runs beside a page, in a world of its own: the page shares its
// elements with this script, and none of its variables.
(function (config) {
  "use strict";
  if (globalThis.telltale) return;
  const tell = (event) => globalThis.telltaleSay(JSON.stringify(event));

  // roots are the document and every shadow root that is open.
  function* roots(root = document) {
    yield root;
    for (const el of root.querySelectorAll("*")) if (el.shadowRoot) yield* roots(el.shadowRoot);
  }
  function all(selector) {
    const found = [...document.querySelectorAll(selector)];
    if (found.length > 0 || !config.shadows) return found;
    for (const root of roots()) if (root !== document) found.push(...root.querySelectorAll(selector));
    return found;
  }
  const shown = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden";
  const nameOf = (el) =>
    (el.getAttribute("aria-label") || (el.labels && el.labels[0] && el.labels[0].textContent) || el.getAttribute("placeholder") ||
      el.getAttribute("title") || el.getAttribute("alt") || (el.matches("input[type=submit],input[type=button]") && el.value) || el.textContent || "").trim();
  const kinds = {
    pierce: (s) => { const f = []; for (const r of roots()) f.push(...r.querySelectorAll(s)); return f; },
    xpath: (s) => {
      const r = document.evaluate(s, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null), f = [];
      for (let i = 0; i < r.snapshotLength; i++) f.push(r.snapshotItem(i));
      return f;
    },
    text: (s) => [...document.querySelectorAll("body *")].filter((el) => el.textContent.includes(s) && ![...el.children].some((c) => c.textContent.includes(s))),
    aria: (s) => [...document.querySelectorAll("body *")].filter((el) => nameOf(el) === s.replace(/\[.*\]$/, "")).reverse(),
  };
  // find takes a CSS selector, or one with a kind in front as recorders write
  // them, and prefers elements that can be seen.
  function find(selector) {
    const m = /^(pierce|xpath|text|aria)\/(.*)$/s.exec(selector);
    let found;
    try { found = m ? kinds[m[1]](m[2]) : all(selector); } catch (e) { return { wrong: String(e.message || e) }; }
    return { el: found.find(shown) || found[0] };
  }

  // textOf is the text of an element. Breaks are line feeds, pictures their
  // alternative text. Blanks stay, but for those of the page's source.
  function textOf(el) {
    if (el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement) return el.value;
    const source = /^(normal|nowrap)/.test(getComputedStyle(el).whiteSpace);
    let out = "";
    (function walk(n) {
      for (const c of (n.shadowRoot || n).childNodes) {
        if (c.nodeType === 3) out += source ? c.data.replace(/[ \t\r]*\n\s*/g, "\u0000") : c.data;
        else if (c.nodeType !== 1 || /^(SCRIPT|STYLE|TEMPLATE)$/.test(c.nodeName)) continue;
        else if (c.nodeName === "BR") out += "\n";
        else if (c.nodeName === "IMG") out += c.alt || "";
        else {
          const block = /^(DIV|P|LI|PRE|BLOCKQUOTE)$/.test(c.nodeName);
          if (block && out !== "" && !out.endsWith("\n")) out += "\n";
          walk(c);
        }
      }
    })(el);
    return out.replace(/^[\0\n]+|[\0\n]+$/g, "").replace(/ *\0+ */g, " ");
  }

  const m = config.messages || {};
  const part = (el, selector) => {
    if (!selector) return "";
    const [css, attribute] = selector.split(/@(?=[\w-]+$)/);
    const at = css === "" ? el : el.querySelector(css) || el.closest(css);
    if (!at) return "";
    return (attribute ? at.getAttribute(attribute) || "" : textOf(at)).trim();
  };
  const isOwn = (el) => Boolean(m.own) && (el.matches(m.own) || el.closest(m.own) !== null || el.querySelector(m.own) !== null);
  function messages() {
    if (!m.selector) return [];
    const list = all(m.selector).map((el) => {
      const body = m.text ? el.querySelector(m.text) || (el.matches(m.text) ? el : null) : el;
      return { el, text: body ? textOf(body) : "", from: part(el, m.from), own: isOwn(el) };
    });
    return (m.order === "first" ? list.reverse() : list).filter((x) => x.text !== "");
  }

  // said is what was reported of an element, last what it held at the scan
  // before: a text is told when it has stopped changing.
  const said = new WeakMap(), last = new WeakMap(), counts = new Map(), notes = new WeakMap();
  const keyOf = (x) => JSON.stringify([x.own, x.from, x.text]);
  let listening = false, ever = false, timer = 0, changed = 0;
  const remember = (x) => { said.set(x.el, x.text); counts.set(keyOf(x), (counts.get(keyOf(x)) || 0) + 1); };

  // fresh are the messages behind the last one that is known. When none is
  // known the page has drawn its list anew: then those are fresh that are there
  // more often than they ever came.
  function fresh(list) {
    const known = list.findLastIndex((x) => said.has(x.el));
    if (known >= 0 || !ever) return list.slice(known + 1);
    const now = new Map();
    return list.filter((x) => {
      const k = keyOf(x);
      now.set(k, (now.get(k) || 0) + 1);
      if (now.get(k) > (counts.get(k) || 0)) return true;
      said.set(x.el, x.text);
      return false;
    });
  }
  function scan() {
    timer = 0;
    let again = false;
    const list = messages();
    for (const x of list) if (said.has(x.el) && said.get(x.el) !== x.text) again = settle(x, true) || again;
    for (const x of fresh(list)) again = settle(x, false) || again;
    ever = ever || list.length > 0;
    for (const kind of ["errors", "ended"]) for (const e of config[kind] || []) note(kind, e);
    if (again) soon();
  }
  // settle tells a message whose text is what it was at the last scan.
  function settle(x, corrected) {
    if (!listening) { remember(x); return false; }
    if (last.get(x.el) !== x.text) { last.set(x.el, x.text); return true; }
    remember(x);
    if (!x.own) tell({ kind: "message", text: x.text, from: x.from, corrected });
    return false;
  }
  function note(kind, e) {
    for (const el of all(e.selector)) {
      const text = shown(el) ? textOf(el).trim() || (kind === "ended" ? e.selector : "") : "";
      if (text === (notes.get(el) || "")) continue;
      notes.set(el, text);
      if (listening && text !== "" && new RegExp(e.match || "", "iu").test(text)) tell({ kind, text });
    }
  }
  const soon = () => { if (!timer) timer = setTimeout(scan, 30); };
  const watchers = new Set();
  const observer = new MutationObserver(() => { changed++; soon(); for (const w of watchers) w(); });
  const observed = new WeakSet();
  const observe = () => {
    for (const root of config.shadows ? roots() : [document]) {
      if (observed.has(root)) continue;
      observed.add(root);
      observer.observe(root, { childList: true, subtree: true, characterData: true, attributes: true });
    }
  };
  observe();
  if (config.shadows) setInterval(observe, 200);
  document.addEventListener("input", () => { for (const w of watchers) w(); }, true);

  // until waits for a condition; the page's own changes to a field's value
  // make no event, hence the clock.
  function until(check, ms) {
    return new Promise((resolve) => {
      const end = (v) => { watchers.delete(look); clearInterval(tick); clearTimeout(over); resolve(v); };
      const look = () => { const v = check(); if (v) end(v); };
      const tick = setInterval(look, 25), over = setTimeout(() => end(check()), ms);
      watchers.add(look);
      look();
    });
  }
  const held = (selector) => { const f = find(selector); return f.el ? textOf(f.el) : null; };
  const plain = (s) => (s === null ? null : s.replace(/\u00a0/g, " ").replace(/[\u200b\ufeff]/g, "").replace(/\n$/, ""));
  const deepActive = () => { let a = document.activeElement; while (a && a.shadowRoot && a.shadowRoot.activeElement) a = a.shadowRoot.activeElement; return a; };

  globalThis.telltale = {
    // there waits until one of the selectors has an element that can be seen.
    there: async (selectors, ms, hidden) => {
      let wrong = "";
      const found = await until(() => {
        for (const s of selectors) {
          const f = find(s);
          if (f.wrong) wrong = f.wrong;
          if (f.el && shown(f.el)) return hidden ? "" : s;
        }
        return hidden ? "gone" : "";
      }, ms);
      return { found: found || "", wrong };
    },
    place: (selector) => {
      const { el } = find(selector);
      if (!el) return null;
      el.scrollIntoView({ block: "center", inline: "center" });
      const r = el.getBoundingClientRect();
      return { x: r.left + r.width / 2, y: r.top + r.height / 2 };
    },
    focus: (selector) => {
      const { el } = find(selector);
      if (!el) return false;
      const has = () => { const a = deepActive(); return a && (a === el || el.contains(a)); };
      if (!has()) el.focus();
      return Boolean(has());
    },
    select: (selector) => {
      const { el } = find(selector);
      if (!el) return;
      if (el.select) return el.select();
      const range = document.createRange();
      range.selectNodeContents(el);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    },
    held: (selector) => held(selector),
    // holds waits until a field holds a text, or something else that does not
    // change any more. What was typed has been obeyed by then, and a page that
    // is busy holds these clocks up as well, so they are counted.
    holds: async (selector, text, ms, most) => {
      const raw = () => held(selector);
      const same = () => { const v = raw(); return v !== null && (v === text || plain(v) === text); };
      let before = null, still = 0;
      const tick = setInterval(() => { const v = raw(); still = v === before ? still + 1 : 0; before = v; }, 25);
      await until(() => same() || (most > 0 && still >= most), ms);
      clearInterval(tick);
      return { text: same() ? text : raw(), gone: raw() === null };
    },
    listen: () => { scan(); listening = true; },
    // quiet waits until the page has not changed for a while.
    quiet: async (span, ms) => {
      let seen = -1, since = 0;
      await until(() => {
        if (changed !== seen) { seen = changed; since = performance.now(); }
        return performance.now() - since >= span && !timer;
      }, ms);
    },
  };
})
