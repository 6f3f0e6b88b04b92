"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const made = (name, text, className) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  document.documentElement.classList.add("js");
  const MOST = 3;
  const AROUND = 60;
  const films = [...document.querySelectorAll(".film")];
  const query = one("#query");
  const count = one("#count");
  const clock = (time) => {
    const whole = Math.floor(time + 0.005);
    const two = (value) => String(value).padStart(2, "0");
    return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  };

  // Pictures that are no longer there leave no hole.
  for (const poster of document.querySelectorAll(".poster")) {
    const away = () => { poster.parentNode.hidden = true; };
    poster.addEventListener("error", away);
    if (poster.complete && !poster.naturalWidth && poster.currentSrc) away();
  }

  // Nothing is folded before somebody searches.
  let texts = null;
  const bare = (letter) => letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().slice(0, 1) || letter;
  // As many letters as before, so that what is found can be shown.
  const fold = (text) => text.replace(/[\x80-\uffff]/g, bare).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const known = () => {
    texts ||= JSON.parse(one("#texts").textContent).map((parts, index) => ({
      head: fold(`${one(".name", films[index]).textContent} ${one(".summary", films[index]).textContent}`.normalize()),
      parts: parts.map(([part, start, words]) => {
        const text = words.normalize();
        return { part, start, text, folded: fold(text) };
      }),
    }));
    return texts;
  };

  // A few words around the first one that is found, those that are found marked.
  const excerpt = ({ text, folded }, words) => {
    const at = Math.min(...words.map((word) => folded.indexOf(word)).filter((place) => place >= 0));
    const from = Math.max(0, at - AROUND);
    const to = Math.min(text.length, at + 2 * AROUND);
    const shown = made("span", from > 0 ? "…" : "");
    let place = from;
    while (place < to) {
      const found = words
        .map((word) => [folded.indexOf(word, place), word.length])
        .filter(([start, length]) => start >= 0 && start + length <= to)
        .sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
      if (!found) break;
      shown.append(text.slice(place, found[0]), made("mark", text.slice(found[0], found[0] + found[1])));
      place = found[0] + found[1];
    }
    shown.append(text.slice(place, to), to < text.length ? "…" : "");
    return shown;
  };

  const search = () => {
    const words = [...new Set(fold(query.value.normalize()).split(/\s+/).filter(Boolean))];
    let left = 0;
    films.forEach((film, index) => {
      const hits = one(".hits", film);
      hits.replaceChildren();
      hits.hidden = true;
      if (!words.length) {
        film.hidden = false;
        return;
      }
      const { head, parts } = known()[index];
      film.hidden = !words.every((word) => head.includes(word) || parts.some((part) => part.folded.includes(word)));
      if (film.hidden) return;
      left += 1;
      const ranked = parts
        .map((part) => [words.filter((word) => part.folded.includes(word)).length, part])
        .filter(([found]) => found > 0)
        .sort((a, b) => b[0] - a[0] || a[1].start - b[1].start)
        .slice(0, MOST);
      for (const [, part] of ranked) {
        const link = made("a");
        link.href = `${one(".name a", film).getAttribute("href")}#p${part.part}`;
        link.append(made("small", clock(part.start)), excerpt(part, words));
        const row = made("li");
        row.append(link);
        hits.append(row);
      }
      hits.hidden = !ranked.length;
    });
    count.hidden = !words.length;
    count.textContent = words.length ? `${left} of ${films.length}` : "";
  };
  let due = 0;
  query.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(search, 80);
  });
  one("#search").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query) { event.preventDefault(); query.focus(); }
    if (event.key === "Escape" && query.value) { query.value = ""; search(); }
  });
  if (query.value) search();
})();
