// The patient's pages: answers kept on the phone while they are typed, and handed in again and again until they arrive.
(function () {
  "use strict";
  const PREFIX = "eqd:", DAYS = 30, body = document.body, own = `${PREFIX}${body.dataset.store}:`;
  const words = body.dataset;
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch (_) { return null; } };
  const write = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch (_) { return false; } };
  const drop = (key) => { try { localStorage.removeItem(key); } catch (_) { /* nothing is kept then */ } };
  const keys = (start) => { try { return Object.keys(localStorage).filter((key) => key.startsWith(start)); } catch (_) { return []; } };
  const local = (when) => `${when.getFullYear()}-${String(when.getMonth() + 1).padStart(2, "0")}-${String(when.getDate()).padStart(2, "0")}`;
  const json = { Accept: "application/json" };
  let sending = false;

  for (const key of keys(PREFIX)) { const kept = read(key); if (!kept || kept.at < Date.now() - DAYS * 864e5) drop(key); }
  if (words.state === "closed" && words.store) keys(own).forEach(drop);

  async function post(url, content) {
    const answer = await fetch(url, { method: "POST", headers: json, body: new URLSearchParams(content), cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    if (answer.status === 429 || answer.status >= 500) throw new Error("later");
    return answer.json();
  }

  // sends what waits; what has arrived, or will never be taken, waits no more
  async function send(key) {
    const kept = read(key);
    if (!kept || !kept.waiting) return null;
    const said = await post(kept.waiting.url, kept.waiting.content);
    if (said.state === "received" || said.state === "already" || said.state === "closed") drop(key);
    else { delete kept.waiting; write(key, kept); }
    return said;
  }

  const waiting = () => keys(own).filter((key) => { const kept = read(key); return kept && kept.waiting; });

  async function sendAll(told) {
    if (sending) return;
    sending = true;
    try {
      for (const key of waiting()) told(key, await send(key));
    } catch (_) { /* no connection: it goes on waiting */ } finally { sending = false; }
  }

  function atHome() {
    const note = document.getElementById("waiting");
    if (!note) return;
    const show = () => { note.hidden = waiting().length === 0; note.textContent = note.hidden ? "" : words.waiting; };
    const again = () => { if (waiting().length) sendAll((_key, said) => { if (said && said.next) location.replace(said.next); else location.reload(); }).then(show); };
    show();
    again();
    window.addEventListener("online", again);
    setInterval(again, 15000);
  }

  function atForm(form) {
    const key = own + form.dataset.key, questions = [...form.querySelectorAll(".question")];
    const said = document.getElementById("said"), wait = document.getElementById("waiting"), refused = document.getElementById("refused");
    const open = document.getElementById("open"), end = form.querySelector(".hand-in"), count = form.querySelector("[data-count]");
    const one = form.dataset.layout === "one", next = form.querySelector("[data-next]"), back = form.querySelector("[data-back]"), step = form.querySelector(".step");
    let timer = 0, at = 0;

    const say = (text) => { said.replaceChildren(); if (text) { const p = document.createElement("p"); p.className = "kept"; p.textContent = text; said.append(p); } };
    const fields = (question) => [...question.querySelectorAll("input")];
    const isAnswered = (question) => fields(question).some((f) => (f.type === "number" ? f.value !== "" : f.checked));
    const answers = () => {
      const found = {};
      for (const f of questions.flatMap(fields)) if (f.type === "number" ? f.value !== "" : f.checked) found[f.name] = f.value;
      return found;
    };
    const fill = (given) => {
      for (const f of questions.flatMap(fields)) {
        if (f.type === "number") f.value = given[f.name] || "";
        else f.checked = given[f.name] === f.value;
      }
    };
    const whole = () => ({ ...answers(), request_id: form.elements.request_id.value, started: form.elements.started.value });

    function keep() {
      const here = write(key, { at: Date.now(), answers: answers(), started: form.elements.started.value });
      clearTimeout(timer);
      timer = setTimeout(async () => {
        try {
          const answer = await post(form.dataset.draft, whole());
          if (answer.state === "kept") say(words.keptBoth);
          else told(answer);
        } catch (_) { say(here ? words.keptHere : words.notKept); }
      }, 700);
    }

    function told(answer) {
      if (!answer) return;
      if (answer.state === "received") { location.replace(answer.next); return; }
      if (answer.state === "closed" || answer.state === "already") { drop(key); location.reload(); return; }
      wait.hidden = true;
      form.hidden = false;
      if (answer.state === "open") { leftOpen(); return; }
      refused.hidden = false;
      refused.querySelector("[data-reason]").textContent = answer.reason || "";
      refused.querySelector("[data-remedy]").textContent = answer.remedy || "";
      refused.focus();
    }

    function showWaiting(text) {
      form.hidden = true;
      wait.hidden = false;
      wait.querySelector("[data-text]").textContent = text;
      say("");
    }

    async function handIn() {
      showWaiting(words.sending);
      if (sending) return;
      sending = true;
      try { told(await send(key)); } catch (_) { showWaiting(words.waiting); } finally { sending = false; }
    }

    function leftOpen() {
      const left = questions.filter((question) => !isAnswered(question)), list = open.querySelector("ul");
      list.replaceChildren(...left.map((question) => {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = `#${question.id}`;
        link.textContent = question.querySelector("legend").textContent;
        link.addEventListener("click", (event) => { if (one) { event.preventDefault(); go(questions.indexOf(question), true); } });
        item.append(link);
        return item;
      }));
      open.hidden = left.length === 0;
      if (left.length) open.querySelector("input").focus();
      return left.length;
    }

    function go(to, focus) {
      at = Math.max(0, Math.min(to, questions.length));
      questions.forEach((question, n) => question.classList.toggle("here", n === at));
      form.querySelectorAll(".heading").forEach((heading) => heading.classList.toggle("here", Number(heading.dataset.of) === at + 1));
      form.querySelectorAll(":scope > .intro").forEach((intro) => intro.classList.toggle("here", at === 0));
      end.classList.toggle("here", at === questions.length);
      back.hidden = at === 0;
      next.hidden = at === questions.length;
      step.querySelector("span").textContent = at === questions.length ? words.last : words.step.replace("{n}", at + 1).replace("{all}", questions.length);
      step.querySelector("progress").value = at;
      counted();
      if (focus) { (at === questions.length ? end : questions[at]).focus({ preventScroll: true }); window.scrollTo(0, 0); }
    }
    const counted = () => { count.textContent = words.answered.replace("{n}", questions.filter(isAnswered).length).replace("{all}", questions.length); };
    const walk = (to) => { go(to, true); history.pushState({ at }, ""); };

    const kept = read(key);
    if (kept && kept.waiting) { handIn(); } else if (kept && kept.answers && (!form.dataset.saved || kept.at > Date.parse(form.dataset.saved))) {
      fill({ ...answers(), ...kept.answers });
      if (kept.started && !form.dataset.saved) form.elements.started.value = kept.started;
    }
    if (one) {
      form.classList.add("walking");
      step.hidden = false;
      const first = questions.findIndex((question) => !isAnswered(question));
      go(document.getElementById("refusal") ? questions.findIndex((q) => q.classList.contains("wrong")) : first < 0 ? questions.length : first, false);
      history.replaceState({ at }, "");
      next.addEventListener("click", () => walk(at + 1));
      back.addEventListener("click", () => walk(at - 1));
      window.addEventListener("popstate", (event) => { if (event.state && event.state.at !== undefined) go(event.state.at, true); });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.tagName === "INPUT" && at < questions.length) { event.preventDefault(); walk(at + 1); }
      });
    }
    counted();
    form.addEventListener("input", (event) => {
      const question = event.target.closest(".question");
      if (question && event.target.type === "number" && event.target.value !== "") question.querySelectorAll("[value=none]").forEach((f) => { f.checked = false; });
      if (question && event.target.type === "checkbox" && event.target.checked) question.querySelectorAll("[type=number]").forEach((f) => { f.value = ""; });
      counted();
      if (question) keep();
    });
    form.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter.name === "later") return;
      event.preventDefault();
      if (leftOpenUnconfirmed()) return;
      const content = { ...whole(), confirmed: "yes", written: local(new Date()) };
      clearTimeout(timer);
      if (!write(key, { at: Date.now(), answers: answers(), waiting: { url: location.pathname, content } })) { unkept(content); return; }
      handIn();
    });
    const leftOpenUnconfirmed = () => !form.elements.confirmed.checked && leftOpen() > 0;
    async function unkept(content) {
      try { told(await post(location.pathname, content)); } catch (_) { say(words.notKept); }
    }
    wait.querySelector("[data-now]").addEventListener("click", handIn);
    const again = () => { const now = read(key); if (now && now.waiting) handIn(); };
    window.addEventListener("online", again);
    setInterval(again, 15000);
  }

  const form = document.querySelector("form.questions");
  if (form) atForm(form); else atHome();
  const refusal = document.getElementById("refusal");
  if (refusal) refusal.focus();
})();
