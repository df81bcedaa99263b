"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const panel = document.getElementById("panel");
  const live = document.getElementById("live");
  const SHOWN = 300;
  let opener = null;

  const position = new Map(data.ids.map((id, i) => [id, i]));
  const column = (name, i) => {
    const stored = data.columns[name];
    if (stored === undefined) return null;
    if (!Array.isArray(stored)) return stored.at === undefined ? stored.one : stored.of[stored.at[i]];
    return stored[i];
  };
  const word = (name, value) => (data.words[name] && data.words[name][value]) || value;

  const element = (tag, text, properties) => {
    const made = document.createElement(tag);
    if (text !== undefined && text !== null) made.textContent = text;
    return Object.assign(made, properties || {});
  };

  const members = (code) => {
    const found = [];
    if (code[0] === "b") {
      const bytes = atob(code.slice(1));
      for (let i = 0; i < bytes.length * 8; i += 1) {
        if (bytes.charCodeAt(i >> 3) & (128 >> (i & 7))) found.push(data.subjects[i]);
      }
      return found;
    }
    let at = -1;
    for (const step of code.slice(1).split(".")) {
      if (step === "") continue;
      at += parseInt(step, 36);
      found.push(data.subjects[at]);
    }
    return found;
  };

  const shownValue = (i) => {
    const value = column("value", i);
    if (value !== null) return [value, column("unit", i)].filter((part) => part !== null).join(" ");
    const status = column("status", i);
    if (status && status !== "ok") return word("status", status);
    return column("text", i) || "no value";
  };

  const details = (i, ids) => {
    const list = element("dl");
    const say = (name, value) => {
      if (value === null || value === undefined || value === "") return;
      list.append(element("dt", name), element("dd", String(value)));
    };
    const arm = (value) => (column("group", i) === "arm" || value === "(all)" ? word("arm", value) : value);
    say("Value", shownValue(i));
    say("Statistic", word("statistic", column("statistic", i)));
    say("Method", column("method", i));
    say("Analysis", word("analysis", column("analysis_id", i)));
    say("Endpoint", word("endpoint", column("endpoint", i)));
    say("Population", word("population", column("population", i)));
    say(...(data.rules[`${column("endpoint", i)}|${column("rule_set", i)}`] || ["Rule set", null]));
    say(column("group", i) === "arm" ? "Arm" : "Group", arm(column("group_level", i)));
    say("Compared with", arm(column("reference_level", i)));
    say("Subgroup", column("subgroup", i));
    say("Subgroup level", column("subgroup_level", i));
    say("Variable", word("variable", column("variable", i)));
    say("Within", word("level", column("parent_level", i)));
    say("Level", word("level", column("variable_level", i)));
    say("Visit", column("visit", i));
    const time = column("time_days", i);
    if (time !== null) say("Time", `${time} days`);
    say("Subjects (n)", column("n", i));
    say("Events", column("n_events", i));
    say("Strata", word("strata", column("strata", i)));
    if (column("declared", i) === true) say("Declared", "as the analysis in the protocol");
    const levels = [i, ...ids.map((id) => position.get(id))].map((row) => column("conf_level", row));
    const level = levels.find((known) => known !== null) ?? null;
    if (level !== null) say("Confidence level", `${Math.round(level * 1e6) / 1e4}%`);
    const sided = column("sided", i);
    if (sided !== null) say("Sides", sided === 1 ? "one-sided" : "two-sided");
    say("Data cut", word("data_cut", column("data_cut", i)));
    const look = column("look", i);
    if (look) say("Interim look", look);
    say("Status", word("status", column("status", i) || "ok"));
    if (column("value", i) !== null) say("Note", column("text", i));
    say("Results row", data.ids[i]);
    return list;
  };

  const subjects = (i) => {
    const part = element("section");
    const set = column("source_set", i);
    if (set === null || data.sets[set] === undefined) {
      part.append(element("h3", "Subjects"), element("p", "No set of subjects is recorded for this row."));
      return part;
    }
    const [count, code] = data.sets[set];
    part.append(element("h3", `Subjects behind the number (${count})`));
    if (code === null) {
      part.append(element("p", `This set is too large for the page: see set ${set} in results/source_sets.`));
      return part;
    }
    const all = members(code);
    const list = element("ul", null, { className: "subjects" });
    const fill = (from, to) => all.slice(from, to).forEach((subject) => list.append(element("li", subject)));
    fill(0, SHOWN);
    part.append(list);
    if (all.length > SHOWN) {
      const more = element("button", `Show all ${all.length} subjects`, { type: "button" });
      more.addEventListener("click", () => { fill(SHOWN, all.length); more.remove(); });
      part.append(more);
    }
    return part;
  };

  const title = (i) => [
    word("analysis", column("analysis_id", i)),
    word("variable", column("variable", i)),
    word("level", column("variable_level", i)),
    word("statistic", column("statistic", i)),
  ].filter(Boolean).join(", ");

  const list = (link, id) => {
    if (!link || !link.dataset.r) return [id];
    const ids = [];
    for (const part of link.dataset.r.split(" ")) {
      const [from, to] = part.split("-").map(Number);
      for (let row = from; row <= (to || from); row += 1) ids.push(row);
    }
    return ids.filter((row) => position.has(row));
  };

  const fill = (shown, ids, chosen) => {
    const i = position.get(chosen);
    const close = element("button", "Close", { type: "button", className: "close" });
    close.addEventListener("click", shut);
    const heading = element("h2", title(i), { id: "panel-title" });
    panel.replaceChildren(close, heading);
    panel.append(element("p", shown || shownValue(i), { className: "big" }));
    if (ids.length > 1) {
      const rows = element("ul", null, { className: "rows" });
      rows.setAttribute("aria-label", "Results rows behind this number");
      for (const row of ids) {
        const item = element("li");
        const button = element("button", label(position.get(row)), { type: "button" });
        button.setAttribute("aria-pressed", String(row === chosen));
        button.addEventListener("click", () => {
          fill(shown, ids, row);
          panel.querySelector('[aria-pressed="true"]').focus();
          live.textContent = title(position.get(row));
        });
        item.append(button);
        rows.append(item);
      }
      panel.append(rows);
    }
    panel.append(details(i, ids), subjects(i));
  };

  const label = (i) => `${word("statistic", column("statistic", i))} ${short(i)}`;
  const short = (i) => {
    const value = column("value", i);
    return value === null ? shownValue(i) : String(Math.round(value * 1e4) / 1e4);
  };

  const mark = (link) => {
    for (const old of document.querySelectorAll("a.num.open")) old.classList.remove("open");
    if (link) link.classList.add("open");
  };

  const uncover = (link) => {
    document.body.style.removeProperty("--shift");
    document.body.classList.remove("shifted");
    if (!link) return;
    const over = panel.getBoundingClientRect();
    const shifted = Math.min(link.getBoundingClientRect().right + 16 - over.left, link.getBoundingClientRect().left - 8);
    const shift = over.left > 0 ? Math.max(0, shifted) : 0;
    document.body.style.setProperty("--shift", `${shift}px`);
    document.body.classList.toggle("shifted", shift > 0);
    const at = link.getBoundingClientRect();
    const hidden = over.width >= window.innerWidth - 1 && at.bottom > over.top;
    if (hidden) window.scrollBy({ top: at.top - over.top / 2, behavior: "instant" });
  };

  const show = (id, link, ids, words) => {
    opener = link;
    mark(link);
    fill(link ? link.textContent.trim() : words, ids || list(link, id), id);
    panel.hidden = false;
    document.body.classList.add("opened");
    uncover(link);
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
    live.textContent = `Opened: ${title(position.get(id))}. Escape closes.`;
  };

  function shut() {
    if (panel.hidden) return;
    panel.hidden = true;
    document.body.classList.remove("opened", "shifted");
    mark(null);
    live.textContent = "Closed.";
    if (/^#row-/.test(location.hash)) history.replaceState(null, "", location.href.split("#")[0]);
    if (opener) opener.focus({ preventScroll: true });
    opener = null;
  }

  const wanted = () => {
    const found = /^#row-(\d+)$/.exec(location.hash);
    return found && position.has(Number(found[1])) ? Number(found[1]) : null;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.num");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const hash = link.getAttribute("href");
    if (location.hash !== hash) history.pushState(null, "", hash);
    show(Number(hash.slice(5)), link);
  });
  document.addEventListener("click", (event) => {
    const shape = event.target.closest("[data-row]");
    if (!shape) return;
    const ids = shape.dataset.row.split(" ").map(Number).filter((row) => position.has(row));
    if (ids.length === 0) return;
    history.pushState(null, "", `#row-${ids[0]}`);
    show(ids[0], null, ids, shape.getAttribute("aria-label"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
  });
  const follow = () => {
    const id = wanted();
    if (id === null) return shut();
    const link = document.querySelector(`a.num[href="#row-${id}"]`);
    const fold = link && link.closest("details");
    if (fold) fold.open = true;
    if (link) link.scrollIntoView({ block: "center", inline: "nearest" });
    return show(id, link);
  };
  window.addEventListener("hashchange", follow);
  window.addEventListener("popstate", () => { if (wanted() === null) shut(); });

  const fit = () => {
    const frames = [...document.querySelectorAll(".frame")];
    const fits = frames.map((frame) => frame.firstElementChild.scrollWidth <= frame.clientWidth);
    frames.forEach((frame, i) => {
      frame.classList.toggle("fits", fits[i]);
      frame.parentElement.classList.toggle("over", !fits[i]);
      frame.tabIndex = fits[i] ? -1 : 0;
    });
  };
  const edge = (frame) => {
    frame.classList.toggle("end", frame.scrollLeft + frame.clientWidth >= frame.scrollWidth - 2);
  };
  fit();
  for (const frame of document.querySelectorAll(".frame")) frame.addEventListener("scroll", () => edge(frame));
  for (const fold of document.querySelectorAll("details")) fold.addEventListener("toggle", fit);
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details.fold")) fold.open = true;
  });
  if (wanted() !== null) follow();
})();
