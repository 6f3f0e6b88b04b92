"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const made = (name, text, className) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  root.classList.add("js");

  // Colours: those of the system until somebody chooses others.
  const theme = one("#theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("longvid-theme"); } catch { return null; } };
  const paint = (chosen) => {
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    theme.setAttribute("aria-pressed", String((root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark"));
  };
  theme.addEventListener("click", () => {
    const chosen = theme.getAttribute("aria-pressed") === "true" ? "light" : "dark";
    try { localStorage.setItem("longvid-theme", chosen); } catch { /* a page from the disk may not be allowed to */ }
    paint(chosen);
  });
  dark.addEventListener("change", () => paint(root.dataset.theme));
  paint(remembered());

  // Pictures stand in the page once, however often they are shown.
  const pictures = JSON.parse(one("#pictures").textContent);
  const source = (index) => `data:${pictures.type};base64,${pictures.data[index]}`;
  const fill = (image) => { if (!image.src) image.src = source(image.dataset.p); };
  const near = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) if (isIntersecting) { fill(target); near.unobserve(target); }
  }, { rootMargin: "600px" });
  for (const image of all("img[data-p]")) near.observe(image);
  addEventListener("beforeprint", () => all("img[data-p]").forEach(fill));

  // Time.
  const line = one("#timeline");
  const [start, end] = [Number(line.dataset.start), Number(line.dataset.end)];
  const x = (time) => Math.max(0, Math.min(1, (time - start) / (end - start || 1))) * 1000;
  const clock = (time) => {
    const whole = Math.floor(time + 0.005);
    const two = (value) => String(value).padStart(2, "0");
    return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  };
  const last = (times, time) => {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time + 0.01) low = middle + 1; else high = middle;
    }
    return low - 1;
  };
  const parts = all(".part");
  const starts = parts.map((part) => Number(part.dataset.s));
  const lines = all("#script .line, #script .event").sort((a, b) => a.dataset.s - b.dataset.s);
  const begins = lines.map((item) => Number(item.dataset.s));

  // The film, or its pictures where it cannot be played.
  const player = one("#player");
  const script = one("#script");
  let video = one("#video");
  let touched = 0;
  const absent = () => {
    if (video) video.hidden = true;
    one("#absent").hidden = false;
    one("#still").hidden = pictures.data.length === 0;
  };
  const watch = () => {
    video.addEventListener("timeupdate", () => follow(video.currentTime));
    video.addEventListener("seeking", () => follow(video.currentTime));
    video.addEventListener("play", () => player.classList.add("used"));
    video.addEventListener("error", absent);
    if (video.error) absent();
  };
  one("#file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (!file) return;
    if (!video) {
      video = made("video");
      video.id = "video";
      video.controls = true;
      video.setAttribute("aria-label", "The film");
      player.prepend(video);
      watch();
    }
    video.src = URL.createObjectURL(file);
    video.hidden = false;
    one("#still").hidden = one("#absent").hidden = true;
  });
  one("#back").addEventListener("click", () => {
    video?.pause();
    player.classList.remove("used");
  });
  const play = (time) => {
    player.classList.add("used");
    touched = 0;
    if (video && !video.hidden) {
      video.currentTime = time;
      video.play().catch(() => {});
    }
    follow(time);
  };
  let [part, words] = [null, null];
  const follow = (time) => {
    const head = one("#head");
    head.setAttribute("d", `M${x(time).toFixed(1)} 0v1`);
    head.setAttribute("visibility", "visible");
    one("#clock").textContent = clock(time);
    if (pictures.times.length) {
      one("#look").src = source(Math.max(0, last(pictures.times, time)));
      one("#look").alt = `The film at ${clock(time)}`;
    }
    const now = parts[last(starts, time)] || null;
    if (now !== part) {
      part?.classList.remove("now");
      now?.classList.add("now");
    }
    const heard = lines[last(begins, time)];
    const said = heard && time < Number(heard.dataset.e) + 1 ? heard : null;
    if (said !== words) {
      words?.classList.remove("said-now");
      said?.classList.add("said-now");
    }
    const aim = said && said !== words ? said : now !== part ? now : null;
    [part, words] = [now, said];
    const told = words && words.closest(".part") === part ? words : part && one("p", part);
    one("#now").textContent = told ? [...told.childNodes].filter((n) => !n.matches?.(".t")).map((n) => n.textContent).join("").trim() : "";
    if (aim && script.scrollHeight > script.clientHeight + 4 && Date.now() - touched > 4000) {
      script.scrollTop += aim.getBoundingClientRect().top - script.getBoundingClientRect().top - 60;
    }
  };
  for (const kind of ["wheel", "touchmove", "keydown"]) script.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  if (video) watch();
  if (video && pictures.times.length) video.poster = source(Math.max(0, last(pictures.times, start + 3)));
  touched = Date.now();
  follow(start);
  document.addEventListener("click", (event) => {
    const timed = event.target.closest("button[data-t]");
    if (timed) play(Number(timed.dataset.t));
  });
  one(".track").addEventListener("click", (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    play(start + ((event.clientX - box.left) / box.width) * (end - start));
  });

  // Sentences open what they rest on.
  const sentences = all(".s");
  const cite = (times) => {
    one("#cited").replaceChildren(...times.map((time) => {
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "path");
      mark.setAttribute("d", `M${x(time).toFixed(1)} 0v1`);
      return mark;
    }));
  };
  const open = (sentence, { only = true, focus = false } = {}) => {
    const opened = sentence.getAttribute("aria-expanded") !== "true";
    for (const other of sentences) {
      if (other !== sentence && !only) continue;
      const on = other === sentence && opened;
      other.setAttribute("aria-expanded", String(on));
      one(other.hash).classList.toggle("open", on);
      if (on) all("img[data-p]", one(other.hash)).forEach(fill);
    }
    const times = sentence.dataset.times.split(" ").filter(Boolean).map(Number);
    cite(opened ? times : []);
    if (opened && focus) one(sentence.hash).focus();
  };
  for (const sentence of sentences) {
    sentence.setAttribute("role", "button");
    sentence.setAttribute("aria-expanded", "false");
    sentence.setAttribute("aria-controls", sentence.hash.slice(1));
    sentence.addEventListener("click", (event) => {
      event.preventDefault();
      // A click by keyboard has no place.
      open(sentence, { focus: event.detail === 0 });
    });
    sentence.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); open(sentence, { focus: true }); }
    });
  }
  for (const link of all('.from a')) link.addEventListener("click", (event) => { event.preventDefault(); show(one(link.hash)); });

  // Links: an arc, its card and its row light up together.
  const card = one("#card");
  let pinned = false;
  const arc = (index) => one(`.arc[data-link="${index}"]`);
  const light = (index) => all(".arc").forEach((each) => each.classList.toggle("lit", each.dataset.link === index));
  const lay = (index) => {
    const row = one(`#l${index}`);
    const copy = one(".moments", row).cloneNode(true);
    card.replaceChildren(made("p", one("summary span", row).textContent, "lead"), copy);
    all("img[data-p]", card).forEach(fill);
    card.hidden = false;
    light(index);
  };
  const fold = () => { card.hidden = true; pinned = false; light(""); };
  for (const each of all(".arc")) {
    const index = each.dataset.link;
    each.addEventListener("pointerenter", () => { if (!pinned) lay(index); });
    each.addEventListener("pointerleave", () => { if (!pinned) fold(); });
    each.addEventListener("click", (event) => { event.stopPropagation(); lay(index); pinned = true; });
  }
  document.addEventListener("click", (event) => { if (pinned && !card.contains(event.target)) fold(); });
  for (const row of all("#links details")) {
    const index = row.dataset.link;
    for (const kind of ["pointerenter", "focusin"]) row.addEventListener(kind, () => light(index));
    for (const kind of ["pointerleave", "focusout"]) row.addEventListener(kind, () => { if (!pinned) light(""); });
  }

  // Search: every word must be in a piece of text; accents and case do not count.
  const bare = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const query = one("#query");
  const hits = one("#hits");
  const kinds = { summary: "summary", link: "link", cast: "cast", seen: "seen", said: "said" };
  let pieces = null;
  const show = (node) => {
    node.scrollIntoView({ block: "center" });
    node.classList.add("said-now");
    setTimeout(() => { if (node !== words) node.classList.remove("said-now"); }, 1600);
  };
  const go = (node) => {
    one("#found").hidden = true;
    if (node.matches(".s")) {
      if (node.getAttribute("aria-expanded") !== "true") open(node);
      node.focus();
    } else if (node.dataset.f === "link") {
      node.closest("details").open = true;
      node.closest("summary").focus();
    } else if (node.dataset.f === "cast") {
      show(node.closest("tr"));
    } else {
      play(Number(node.dataset.t));
      show(node);
      return;
    }
    node.scrollIntoView({ block: "center" });
  };
  const snippet = (text, wanted) => {
    const flat = text.replace(/\s+/g, " ").trim();
    const at = Math.max(0, bare(flat).indexOf(wanted[0]));
    const from = at < 60 ? 0 : flat.lastIndexOf(" ", at - 40) + 1;
    const shown = (from ? "…" : "") + flat.slice(from, from + 150) + (from + 150 < flat.length ? "…" : "");
    const span = made("span");
    const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "giu");
    for (const piece of shown.split(pattern)) span.append(wanted.includes(bare(piece)) ? made("mark", piece) : piece);
    return span;
  };
  const row = (label, time, body, act) => {
    const item = made("li");
    const button = made("button");
    button.type = "button";
    const where = made("small", label);
    if (time !== null) where.append(document.createElement("br"), clock(time));
    button.append(where, body);
    button.addEventListener("click", act);
    item.append(button);
    return item;
  };
  const look = () => {
    const wanted = bare(query.value).split(/\s+/).filter(Boolean);
    one("#found").hidden = wanted.length === 0;
    if (!wanted.length) { hits.replaceChildren(); return; }
    const rows = [];
    const time = query.value.trim().match(/^(?:(\d{1,2}):)?(\d{1,3}):(\d{2})$/);
    if (time) {
      const seconds = Number(time[1] || 0) * 3600 + Number(time[2]) * 60 + Number(time[3]);
      if (seconds <= end) rows.push(row("time", seconds, made("span", "Play from here"), () => { one("#found").hidden = true; play(seconds); }));
    }
    pieces ||= all("[data-f]").map((node) => [node, node.textContent, bare(node.textContent)]);
    const found = pieces.filter(([, , plain]) => wanted.every((word) => plain.includes(word)));
    for (const [node, text] of found.slice(0, 80)) {
      const at = node.dataset.t ?? node.dataset.times?.split(" ")[0];
      const body = node.matches(".line, .event") ? [...node.childNodes].slice(1).map((n) => n.textContent).join("") : text;
      rows.push(row(kinds[node.dataset.f], at ? Number(at) : null, snippet(body, wanted), () => go(node)));
    }
    const shown = Math.min(80, found.length);
    one("#count").textContent = found.length ? `${found.length} place${found.length === 1 ? "" : "s"}${shown < found.length ? `, the first ${shown}` : ""}` : time ? "" : "Nothing found";
    hits.replaceChildren(...rows);
  };
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 80); });
  query.addEventListener("focus", () => { if (query.value) look(); });
  one("#search").addEventListener("submit", (event) => { event.preventDefault(); look(); one("#hits button")?.click(); });
  one("#search").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [query, ...all("button", hits)];
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
  document.addEventListener("click", (event) => { if (!one("#search").contains(event.target)) one("#found").hidden = true; });

  // Keys that are free: none while somebody writes.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const opened = sentences.find((sentence) => sentence.getAttribute("aria-expanded") === "true");
      if (!one("#found").hidden) { one("#found").hidden = true; query.focus(); }
      else if (!card.hidden) fold();
      else if (opened) { open(opened); opened.focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, video")) return;
    if (event.key === "/") { event.preventDefault(); query.focus(); query.select(); }
    const step = { j: 1, k: -1 }[event.key];
    if (step && sentences.length) {
      const at = sentences.findIndex((s) => s === document.activeElement || one(s.hash).contains(document.activeElement));
      const next = sentences[Math.max(0, Math.min(sentences.length - 1, at < 0 ? 0 : at + step))];
      next.focus();
      next.scrollIntoView({ block: "center" });
    }
  });
})();
