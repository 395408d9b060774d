"use strict";
// Asks /v1/classify as a text is typed and /v1/explain when the typing rests. Everything that comes from the server becomes
// text, never markup.

const ANSWER_AFTER_MS = 60;
const EXPLAIN_AFTER_MS = 350;
const SPEAK_AFTER_MS = 1000;
const RETRY_AFTER_MS = 1000;
const SHOWN_LABELS = 10;
const SHOWN_WORDS = 5;

const element = (id) => document.getElementById(id);
const percent = (share) => (share === null ? "no number" : `${(100 * share).toFixed(1)} %`);
const points = (change) => `${change < 0 ? "−" : "+"}${(100 * Math.abs(change)).toFixed(1)}`;

const models = new Map();
let token = sessionStorage.getItem("token") || "";
let running = null; // the AbortController of what is being asked
let timers = [];

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function made(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function notice(text) {
  element("notice").textContent = text;
  element("notice").hidden = !text;
}

async function ask(path, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const options = { headers, signal, cache: "no-store" };
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    headers["Content-Type"] = "application/json";
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer.error ? answer.error.message : response.statusText);
  return answer;
}

function failed(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) {
    element("token-form").hidden = false;
    element("token").focus();
    notice(token ? "This server does not know the token." : "This server wants a token.");
  } else {
    notice(error instanceof Refused ? error.message : "The server does not answer.");
  }
}

function showAnswer(datum, labels) {
  const holding = datum.labels || (datum.rejected ? [] : [datum.label]);
  const shares = datum.probs.map((share, place) => ({ share, label: labels[place] }));
  const top = shares.find((one) => one.label === datum.label);
  const sentence = top && !datum.labels
    ? [made("strong", { textContent: datum.label }), ` ${percent(top.share)}`]
    : [made("strong", { textContent: holding.join(", ") || (datum.rejected ? "rejected: none of the labels" : "none of the labels") })];
  if (datum.n_tokens === 0) sentence.push(" The model knows no word of this text, so the answer says nothing about it.");
  element("answer").replaceChildren(...sentence);
  shares.sort((one, other) => other.share - one.share);
  element("labels").replaceChildren(
    ...shares.slice(0, SHOWN_LABELS).map(({ share, label }) => {
      const bar = made("div");
      bar.style.width = `${100 * (share || 0)}%`;
      return made(
        "li",
        { className: holding.includes(label) ? "holds" : "" },
        made("div", { className: "name" }, made("span", { textContent: label }), made("span", { className: "share", textContent: percent(share) })),
        made("div", { className: "bar", ariaHidden: "true" }, bar),
      );
    }),
  );
}

function showWords(text, explanation) {
  const characters = Array.from(text); // places are characters of Unicode
  const changes = characters.map(() => 0); // n-grams overlap: what covers a character is added
  for (const word of explanation.words) {
    for (let at = word.start; at < word.end; at++) changes[at] += word.change;
  }
  const largest = Math.max(...explanation.words.map((word) => Math.abs(word.change)), 0.02);
  const nodes = [];
  let at = 0;
  while (at < characters.length) {
    let end = at + 1;
    while (end < characters.length && changes[end] === changes[at]) end++;
    const span = made("span", { textContent: characters.slice(at, end).join("") });
    const strength = Math.min(Math.abs(changes[at]) / largest, 1);
    if (strength > 0.1) {
      span.className = changes[at] > 0 ? "for" : "against";
      span.style.backgroundColor = `rgba(var(--${span.className}), ${(0.45 * strength).toFixed(2)})`;
    }
    nodes.push(span);
    at = end;
  }
  element("words").replaceChildren(...nodes);
  element("legend-label").textContent = explanation.label;
  const ordered = [...explanation.words].sort((one, other) => other.change - one.change);
  const list = (words) => words.map((word) => `${word.word} ${points(word.change)}`).join(", ");
  const speakFor = list(ordered.filter((word) => word.change > 0).slice(0, SHOWN_WORDS));
  const against = list(ordered.filter((word) => word.change < 0).reverse().slice(0, SHOWN_WORDS));
  element("decided").textContent = [
    speakFor && `For ${explanation.label}: ${speakFor}.`,
    against && `Against it: ${against}.`,
    "Numbers are the percentage points that the probability loses without the word.",
    explanation.words_left && `${explanation.words_left} more words were not tried.`,
  ].filter(Boolean).join(" ");
  element("words-section").hidden = explanation.words.length === 0;
}

function showCard() {
  const { card } = models.get(element("model").value);
  const accuracy = card.accuracy === null ? "not measured" : `${percent(card.accuracy)} on ${card.accuracy_texts.toLocaleString("en")} texts`;
  const interval = card.accuracy_95 && ` (95 %: ${percent(card.accuracy_95[0])} to ${percent(card.accuracy_95[1])})`;
  const rows = {
    Name: element("model").value,
    Labels: card.labels.join(", "),
    Accuracy: accuracy + (interval || ""),
    Verdict: `${card.verdict}; here it ${card.claim} (${card.checked_texts} texts)`,
    Size: `${(card.size_bytes / 1000).toLocaleString("en", { maximumFractionDigits: 0 })} kB, ${card.file}`,
    Engine: card.engine,
  };
  element("card").replaceChildren(
    ...Object.entries(rows).flatMap(([name, value]) => [made("dt", { textContent: name }), made("dd", { textContent: value })]),
  );
}

function typed() {
  if (running) running.abort();
  timers.forEach(clearTimeout);
  const input = element("text").value;
  if (!input.trim() || models.size === 0) {
    element("answer").textContent = "Type a text, and the answer moves as you type.";
    element("labels").replaceChildren();
    element("words-section").hidden = true;
    element("spoken").textContent = "";
    return;
  }
  running = new AbortController();
  const { signal } = running;
  const model = element("model").value;
  const question = { model, input };
  const later = (milliseconds, act) => setTimeout(() => act().catch(failed), milliseconds);
  timers = [
    later(ANSWER_AFTER_MS, async () => {
      const answer = await ask("v1/classify", question, signal);
      notice("");
      showAnswer(answer.data[0], models.get(model).card.labels);
    }),
    later(EXPLAIN_AFTER_MS, async () => showWords(input, await ask("v1/explain", question, signal))),
    later(SPEAK_AFTER_MS, async () => {
      element("spoken").textContent = `${element("answer").textContent} ${element("decided").textContent}`;
    }),
  ];
}

async function begin() {
  try {
    const { data } = await ask("v1/models");
    if (data.length === 0) throw new Refused(503, "The model is being loaded.");
    data.forEach((model) => models.set(model.id, model));
    element("model").replaceChildren(...data.map((model) => made("option", { textContent: model.id, value: model.id })));
    element("model-choice").hidden = data.length === 1;
    element("token-form").hidden = true;
    notice("");
    showCard();
    typed();
  } catch (error) {
    failed(error);
    if (error.status === 503) setTimeout(begin, RETRY_AFTER_MS);
  }
}

element("text").addEventListener("input", typed);
element("model").addEventListener("change", () => {
  showCard();
  typed();
});
element("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value.trim();
  sessionStorage.setItem("token", token);
  begin();
});
begin();
