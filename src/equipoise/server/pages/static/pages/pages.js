// What htmx is not enough for: rows of a list, double clicks, typed text kept over an expired session, large files.
(function () {
  "use strict";
  const DAYS = 3, PREFIX = "eq:", words = document.documentElement.dataset;
  const secret = (field) => field.type === "password" || field.name === "csrfmiddlewaretoken" || field.name.startsWith("proof.");
  const say = (text) => { const said = document.getElementById("said"); const p = document.createElement("p"); p.className = "kept"; p.textContent = text; said.append(p); return p; };
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch (_) { return null; } };
  const write = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch (_) { /* full or forbidden: nothing is kept */ } };
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

  function forget(requests) {
    const old = Date.now() - DAYS * 864e5;
    for (const key of keys()) {
      const kept = read(key);
      if (!kept || kept.at < old || requests.has(kept.request)) localStorage.removeItem(key);
    }
  }

  function values(form) {
    const found = {};
    for (const field of form.elements) {
      if (!field.name || secret(field) || field.type === "hidden" || field.type === "file" || field.tagName === "BUTTON") continue;
      if ((field.type === "radio" || field.type === "checkbox") && !field.checked) { found[field.name] = found[field.name] || []; continue; }
      (found[field.name] = found[field.name] || []).push(field.value);
    }
    return found;
  }

  function rowsNeeded(form, kept) {
    for (const group of form.querySelectorAll("[data-group]")) {
      const name = group.dataset.group;
      const numbers = new Set(Object.keys(kept).filter((k) => k.startsWith(name + ".")).map((k) => Number(k.split(".")[1])));
      for (const number of [...numbers].sort((a, b) => a - b)) if (!form.querySelector(`[name^="${name}.${number}."]`)) addRow(group, number);
    }
  }

  function fill(form, kept) {
    rowsNeeded(form, kept);
    for (const field of form.elements) {
      if (!field.name || secret(field) || field.type === "hidden" || !(field.name in kept)) continue;
      const given = kept[field.name];
      if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
      else if (given.length) field.value = given[0];
    }
  }

  // a form that comes back from the history is the same wish as before, whatever number the server has just given it
  function sameWish(form) {
    const field = form.elements.request_id, came = performance.getEntriesByType("navigation")[0];
    const before = history.state && history.state[form.dataset.keep];
    if (came && came.type === "back_forward" && before && form.dataset.fresh === "yes") {
      field.value = before;
      form.dataset.request = before;
    }
    history.replaceState({ ...history.state, [form.dataset.keep]: field.value }, "");
  }

  function keep(form) {
    if (form.elements.request_id) sameWish(form);
    const key = PREFIX + form.dataset.keep, before = JSON.stringify(values(form)), kept = read(key);
    if (form.dataset.fresh === "yes" && kept && JSON.stringify(kept.values) !== before) {
      fill(form, kept.values);
      const note = say(words.restored);
      const drop = document.createElement("button");
      drop.type = "button"; drop.className = "plain"; drop.textContent = words.emptied;
      drop.addEventListener("click", () => { localStorage.removeItem(key); location.reload(); });
      note.append(" ", drop);
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const save = () => write(key, { at: Date.now(), request: form.dataset.request, values: values(form) });
    form.addEventListener("input", save);
    form.addEventListener("change", save);
    if (form.dataset.fresh === "no") save();
  }

  function addRow(group, number) {
    const body = group.querySelector("tbody"), blank = group.querySelector("template");
    if (body.rows.length >= Number(group.dataset.most)) return null;
    const used = [...body.querySelectorAll("[name]")].map((f) => Number(f.name.split(".")[1])).filter((n) => !Number.isNaN(n));
    const next = number === undefined ? Math.max(-1, ...used) + 1 : number;
    const row = blank.content.firstElementChild.cloneNode(true);
    for (const each of row.querySelectorAll("[name],[id],[for],[aria-describedby]")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).replace("__n__", next).replace("-N-", `-${next}-`));
      }
    }
    body.append(row);
    return row;
  }

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]"), drop = event.target.closest("[data-drop]");
    if (add) {
      event.preventDefault();
      const row = addRow(add.closest("[data-group]"));
      if (row) row.querySelector("input,select").focus();
    } else if (drop) {
      event.preventDefault();
      const row = drop.closest("tr"), form = row.closest("form"), near = (row.nextElementSibling || row.previousElementSibling);
      row.remove();
      (near ? near.querySelector("input,select") : form.querySelector("[data-add]")).focus();
      form.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-leaves")) keys().forEach((key) => localStorage.removeItem(key));
    if (form.method !== "post" || form.hasAttribute("data-leaves")) return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    for (const field of form.querySelectorAll("input[type=file]")) {
      const most = Number(field.dataset.most || 10) * 1048576, file = field.files[0];
      if (file && file.size > most) {
        event.preventDefault();
        let problem = document.getElementById(field.id + "-problem");
        if (!problem) { problem = document.createElement("p"); problem.id = field.id + "-problem"; problem.className = "problem"; field.after(problem); }
        problem.textContent = `${file.name} has ${Math.ceil(file.size / 1048576)} MB; at most ${most / 1048576} MB can be sent here.`;
        field.setAttribute("aria-invalid", "true"); field.setAttribute("aria-describedby", problem.id); field.focus();
        return;
      }
    }
    form.dataset.sending = "yes";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((form) => {
    delete form.dataset.sending;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  }));

  document.addEventListener("eq-logged-out", () => say(words.ended), { once: true });
  document.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status === 401) document.dispatchEvent(new Event("eq-logged-out")); });

  function sayDate(field) {
    let said = field.nextElementSibling;
    if (!said || !said.classList.contains("said")) { said = document.createElement("span"); said.className = "said"; field.after(said); }
    const when = field.value ? new Date(field.value + "T00:00:00Z") : null;
    const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    said.textContent = when && !Number.isNaN(when.getTime()) ? new Intl.DateTimeFormat(document.documentElement.lang || "en", style).format(when) : "";
  }
  document.addEventListener("input", (event) => { if (event.target.type === "date") sayDate(event.target); });

  document.addEventListener("DOMContentLoaded", () => {
    forget(new Set([...document.querySelectorAll("[data-sent]")].map((each) => each.dataset.sent)));
    document.querySelectorAll("form[data-keep]").forEach(keep);
    document.querySelectorAll(".field input[type=date]").forEach(sayDate);
    const refusal = document.getElementById("refusal");
    if (refusal) refusal.focus();
  });
})();
