"use strict";
// What comes from a server is only ever written with textContent or as a text node.

const SHOWN_BYTES = 64 * 1024;   // an endless stream must not fill the page
const SEND_ALL_AT_ONCE = 3;      // browsers open six HTTP/1.1 connections to one host
const SEND_ALL_SECONDS = 8;      // an endless stream must not hold up the others

const cards = [...document.querySelectorAll("article")];
const summary = document.getElementById("summary");
const announcer = document.getElementById("announcer");
const running = new Map();       // card -> AbortController of its request

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function describe(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function titleOf(card) {
  return card.querySelector("h3").textContent;
}

// A pane that scrolls must be reachable by keyboard; one that does not should be no tab stop. Code that
// is wider than its pane says so.
function reachable(pane) {
  const isWide = pane.scrollWidth > pane.clientWidth;
  const scrolls = isWide || pane.scrollHeight > pane.clientHeight;
  if (scrolls) pane.tabIndex = 0; else pane.removeAttribute("tabindex");
  const hint = pane.classList.contains("code") && pane.parentElement.querySelector(".sideways");
  if (hint) hint.hidden = !isWide;
}
const resized = new ResizeObserver((entries) => entries.forEach((entry) => reachable(entry.target)));

function headerTable(headers) {
  const table = element("table");
  table.append(element("caption", "", "Headers"));
  const rows = table.appendChild(element("tbody"));
  for (const [name, value] of headers) {
    const row = rows.insertRow();
    const head = element("th", "", name);
    head.scope = "row";
    row.append(head, element("td", "", value));
  }
  if (!rows.rows.length) rows.insertRow().append(element("td", "", "none that a script can see"));
  return table;
}

// JSON with line ends and indentation; the tokens themselves stay as they were sent. `undefined` for
// text that is not JSON.
function formatted(text) {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let out = "";
  const line = () => { out += `\n${"  ".repeat(depth)}`; };
  let last = "";
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    const follows = last === "{" || last === "[";
    if (closes ? !follows : follows || last === ",") line();
    if (token === "{" || token === "[") depth += 1;
    out += token === ":" ? ": " : token;
    last = token;
  }
  return `${out}\n`;
}

// Shows a body as it arrives and returns how many bytes came; `progress` hears of each chunk.
async function readBody(stream, pane, progress) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const text = pane.appendChild(document.createTextNode(""));
  let received = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const room = SHOWN_BYTES - received;
      if (room > 0) text.appendData(decoder.decode(value.subarray(0, room), { stream: true }));
      received += value.byteLength;
      pane.hidden = false;
      progress(received);
    }
  } finally {
    text.appendData(decoder.decode());
    reachable(pane);
  }
  return received;
}

// The request headers of a card, as a list of pairs; a line without a colon is left out.
function requestHeaders(card) {
  const lines = (card.querySelector(".headers")?.value ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line.includes(":")).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
}

// The request body of a card. Text areas end lines with LF, and parts of a form with CR LF.
function requestBody(card, headers) {
  const text = card.querySelector(".input")?.value;
  const isMultipart = headers.some(([name, value]) => name.toLowerCase() === "content-type" && value.startsWith("multipart/"));
  return isMultipart ? text?.replaceAll("\n", "\r\n") : text;
}

// Sends one card's request; resolves, never rejects, to how it ended: "complete", "aborted" as the card
// is meant to, "broken", "stopped", "endless" if it was stopped as one that has no end, or "replaced".
async function send(card, method, signal) {
  running.get(card)?.abort();
  const abort = new AbortController();
  running.set(card, abort);
  signal?.addEventListener("abort", () => abort.abort(signal.reason), { signal: abort.signal });

  const answer = card.querySelector(".answer");
  const stop = card.querySelector(".stop");
  const headers = requestHeaders(card);
  const url = new URL("." + (card.querySelector(".target")?.value ?? card.dataset.path), document.baseURI);
  const state = element("p", "soft", `${method}: waiting for the answer`);
  answer.replaceChildren(state);
  answer.setAttribute("aria-busy", "true");
  stop.hidden = false;

  let outcome = "complete";
  let said = "";
  let received = 0;
  const current = () => running.get(card) === abort;
  try {
    const response = await fetch(url, {
      method, headers, body: method === "HEAD" ? undefined : requestBody(card, headers), cache: "no-store", signal: abort.signal,
    });
    if (!current()) return "replaced";
    said = `${response.status} ${response.statusText}`.trim();
    const pane = element("pre", "body");
    pane.hidden = true;
    pane.setAttribute("role", "region");
    pane.setAttribute("aria-label", `Body: ${titleOf(card)}`);
    resized.observe(pane);
    const status = element("p", `status s${Math.floor(response.status / 100)}`, said);
    status.append(" ", element("small", "", `to ${method}`));
    answer.replaceChildren(status, headerTable(response.headers), pane, state);
    if (response.redirected) answer.insertBefore(element("p", "hint", `Redirected to ${response.url}`), pane);
    state.textContent = "Receiving the body";
    if (response.body) {
      await readBody(response.body, pane, (bytes) => {
        received = bytes;
        state.textContent = `${plural(bytes, "byte")} so far`;
      });
    }
    let cut = received > SHOWN_BYTES ? `, the first ${SHOWN_BYTES} shown` : "";
    const isJson = /^application\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(response.headers.get("content-type") ?? "");
    const json = isJson && received <= SHOWN_BYTES ? formatted(pane.textContent) : undefined;
    if (json && json !== pane.textContent) {
      pane.textContent = json;
      cut = ", shown with line ends and indentation";
    }
    state.textContent = received ? `Complete: ${plural(received, "byte")}${cut}`
      : method === "HEAD" ? "Empty body, as it must be for HEAD" : "Empty body";
  } catch (error) {
    if (!current()) return "replaced";
    outcome = abort.signal.aborted ? "stopped" : "broken";
    const after = !said ? " before an answer came"
      : received ? ` after ${plural(received, "byte")}` : " before any of its body reached this page";
    const intended = card.dataset.ends;
    if (outcome === "stopped") {
      const isEndless = intended === "endless";
      if (isEndless && abort.signal.reason?.name === "TimeoutError") outcome = "endless";
      const why = abort.signal.reason?.name === "TimeoutError" ? `Stopped by Send all, ${SEND_ALL_SECONDS} seconds on,` : "Stopped";
      state.textContent = `${why}${after}${isEndless ? ". It has no end of its own" : ""}`;
    } else if (said && intended === "aborted") {
      outcome = "aborted";
      state.className = "";
      state.textContent = `Aborted by the server${after}, as this card is meant to show: no client takes it for a whole response`;
    } else {
      state.className = "trouble";
      state.textContent = `${said ? "The response broke off" : "No response: it failed"}${after} (${describe(error)})`;
    }
    if (!said) answer.replaceChildren(element("p", "status s0", outcome === "stopped" ? "Stopped" : "Failed"), state);
  }
  running.delete(card);
  answer.removeAttribute("aria-busy");
  if (document.activeElement === stop) card.querySelector(".send").focus();
  stop.hidden = true;
  if (!signal) announcer.textContent = `${titleOf(card)}, ${method}: ${said ? `${said}. ` : ""}${state.textContent}`;
  return outcome;
}

// A card whose method is WS: one connection, which stays open for further messages.

const sockets = new Map();       // card -> its WebSocket
const SHOWN_LINES = 200;

function targetOf(card) {
  return new URL("." + (card.querySelector(".target")?.value ?? card.dataset.path), document.baseURI);
}

// Sends the message of a card, over a connection that it opens if there is none. Resolves, never
// rejects, when the connection is over; with `signal` it is closed after the first answer.
function talk(card, signal) {
  const message = card.querySelector(".input")?.value ?? "";
  const open = sockets.get(card);
  if (open && open.readyState === WebSocket.OPEN && !signal) {
    open.send(message);
    open.said(`> ${message}`);
    return Promise.resolve("complete");
  }
  open?.close();
  const answer = card.querySelector(".answer");
  const stop = card.querySelector(".stop");
  const state = element("p", "soft", "Connecting");
  const pane = element("pre", "body");
  pane.setAttribute("role", "log");
  pane.setAttribute("aria-label", `Messages: ${titleOf(card)}`);
  resized.observe(pane);
  answer.replaceChildren(state, pane);
  stop.hidden = false;
  return new Promise((done) => {
    const url = targetOf(card);
    url.protocol = url.protocol.replace("http", "ws");
    const protocols = (url.searchParams.get("protocol") ?? "").split(",").filter(Boolean);
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      answer.replaceChildren(element("p", "status s0", "Failed"), element("p", "trouble", describe(error)));
      stop.hidden = true;
      return done("broken");
    }
    socket.binaryType = "arraybuffer";
    let received = 0;
    socket.said = (line) => {
      if (pane.childNodes.length >= SHOWN_LINES) pane.firstChild.remove();
      pane.append(`${line}\n`);
      reachable(pane);
      pane.scrollTop = pane.scrollHeight;
    };
    sockets.set(card, socket);
    signal?.addEventListener("abort", () => socket.close(1000, "stopped"));
    let wasOpen = false;
    socket.addEventListener("open", () => {
      wasOpen = true;
      const chosen = socket.protocol ? `, subprotocol ${socket.protocol}` : "";
      answer.insertBefore(element("p", "status s2", `Open${chosen}`), state);
      state.textContent = "Nothing received so far";
      socket.send(message);
      socket.said(`> ${message}`);
    });
    socket.addEventListener("message", ({ data }) => {
      received += 1;
      socket.said(typeof data === "string" ? `< ${data}` : `< ${plural(data.byteLength, "byte")}`);
      state.textContent = `${plural(received, "message")} received`;
      if (signal) socket.close(1000, "done");
    });
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      if (sockets.get(card) === socket) {
        sockets.delete(card);
        stop.hidden = true;
      }
      const isIntended = !wasClean && wasOpen && card.dataset.ends === "aborted";
      const said = isIntended ? "Ended without a Close, as this card is meant to show"
        : `Closed with ${code}${reason ? ` (${reason})` : ""}`;
      answer.querySelector(".status")?.remove();
      answer.prepend(element("p", `status ${wasClean || isIntended ? "s2" : "s0"}`, said));
      state.textContent = `${plural(received, "message")} received`;
      announcer.textContent = `${titleOf(card)}: ${said}`;
      done(wasClean ? "complete" : isIntended ? "aborted" : "broken");
    });
  });
}

for (const card of cards) {
  card.querySelector(".controls").hidden = false;
  for (const button of card.querySelectorAll(".send")) {
    button.addEventListener("click", () => ask(card, button.dataset.method));
  }
  card.querySelector(".stop").addEventListener("click", () => {
    running.get(card)?.abort();
    sockets.get(card)?.close(1000, "closed by hand");
  });
}

// Sends what a card has, by its method.
function ask(card, method, signal) {
  return method === "WS" ? talk(card, signal) : send(card, method, signal);
}

// Send all, and the filter that decides what "all" is.

const sendAll = document.getElementById("send-all");
const filter = document.getElementById("filter");
let round = null;

const shown = () => cards.filter((card) => !card.hidden);

function label() {
  const count = shown().length;
  sendAll.textContent = round ? "Stop all" : count === cards.length ? "Send all" : `Send ${count} shown`;
  sendAll.disabled = !round && count === 0;
}

sendAll.addEventListener("click", async () => {
  if (round) return round.abort();
  const mine = round = new AbortController();
  const queue = shown();
  const total = queue.length;
  const counts = { complete: 0, aborted: 0, broken: 0, stopped: 0, endless: 0, replaced: 0 };
  const broken = [];
  label();
  const tell = (word) => {
    const sent = total - queue.length;
    const parts = [
      [counts.complete, "answered"],
      [counts.aborted, "aborted by the server as they are meant to be"],
      [counts.endless, "endless and stopped here"],
      [counts.stopped, "stopped"],
      [counts.broken, `failed (${broken.join(", ")})`],
    ].filter(([count]) => count).map(([count, what]) => `${count} ${what}`);
    return summary.textContent = `${word} ${sent} of ${total}${parts.length ? `: ${parts.join("; ")}` : ""}`;
  };
  const worker = async () => {
    while (queue.length && !mine.signal.aborted) {
      const card = queue.shift();
      tell("Sending");
      const limit = AbortSignal.any([mine.signal, AbortSignal.timeout(SEND_ALL_SECONDS * 1000)]);
      const ended = await ask(card, card.dataset.method, limit);
      counts[ended] += 1;
      if (ended === "broken") broken.push(titleOf(card));
    }
  };
  await Promise.all(Array.from({ length: SEND_ALL_AT_ONCE }, worker));
  round = null;
  label();
  announcer.textContent = tell("Sent");
});

// A card is found by the words of its title, path and note, and of its group.
const texts = new Map(cards.map((card) => {
  const group = card.closest("section").querySelector("h2");
  const parts = ["h3", ".path", ".note"].map((part) => card.querySelector(part));
  return [card, [group, ...parts].map((part) => part.textContent).join(" ").toLowerCase()];
}));

function search() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of cards) card.hidden = !words.every((word) => texts.get(card).includes(word));
  for (const section of document.querySelectorAll("section")) {
    const found = section.querySelectorAll("article:not([hidden])").length;
    section.hidden = found === 0;
    const link = document.querySelector(`nav a[href="#${section.getAttribute("aria-labelledby")}"]`);
    link.querySelector(".soft").textContent = found;
    link.parentElement.hidden = section.hidden;
  }
  const count = shown().length;
  document.getElementById("nothing").hidden = count > 0;
  if (!round) summary.textContent = count === cards.length ? plural(count, "card") : `${count} of ${plural(cards.length, "card")}`;
  label();
}

// The search is in the address, so that it can be linked. Browsers limit how often that may change.
let later = 0;
function searched() {
  search();
  clearTimeout(later);
  later = setTimeout(() => {
    const url = new URL(location.href);
    if (filter.value.trim()) url.searchParams.set("q", filter.value.trim()); else url.searchParams.delete("q");
    history.replaceState(history.state, "", url);
    if (!round) announcer.textContent = summary.textContent;
  }, 250);
}

function searchFor(text) {
  filter.value = text;
  searched();
}

filter.addEventListener("input", searched);
document.getElementById("clear").addEventListener("click", () => {
  searchFor("");
  filter.focus();
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    filter.focus();
    filter.select();
  } else if (event.key === "Escape" && event.target === filter) {
    event.preventDefault();
    if (filter.value) searchFor(""); else filter.blur();
  }
});

// The bar covers the top of the page while it sticks there.
const tools = document.querySelector(".tools");
function measureBar() {
  const sticks = getComputedStyle(tools).position === "sticky";
  document.documentElement.style.setProperty("--bar", `${sticks ? tools.offsetHeight : 0}px`);
}
new ResizeObserver(measureBar).observe(tools);

// A link to a card shows it, even if it is not among those that were searched for.
function showLinked() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const card = target?.closest("article, section");
  if (!card) return;
  if (card.hidden) searchFor("");
  // An observer would tell of it too late.
  measureBar();
  target.scrollIntoView();
}
addEventListener("hashchange", showLinked);

tools.addEventListener("submit", (event) => event.preventDefault());
tools.hidden = false;
filter.value = new URLSearchParams(location.search).get("q") ?? "";
search();

// Copies the code of a card. Without a clipboard, as over plain HTTP from elsewhere, the code is selected,
// to be copied by hand.
async function copy(card, button) {
  const code = card.querySelector(".code code");
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    said = "Selected";
  }
  button.textContent = said;
  announcer.textContent = `${said}: the code of ${titleOf(card)}`;
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

for (const card of cards) {
  const button = card.querySelector(".copy");
  if (!button) continue;
  button.hidden = false;
  button.addEventListener("click", () => copy(card, button));
}

// A light tint for Rust: enough to find one's way, no parser.

const RUST = new RegExp([
  /(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/)/,
  /(?<string>\b[bc]?r(?<hashes>#*)"[^]*?"\k<hashes>|\b[bc]?"(?:\\[^]|[^"\\])*"|"(?:\\[^]|[^"\\])*"|\bb?'(?:\\[^\n]+?|[^'\\\n])'|'(?:\\[^\n]+?|[^'\\\n])')/,
  /(?<lifetime>'[a-z_]\w*)/,
  /(?<number>\b\d[\d_]*(?:\.\d[\d_]*)?\w*)/,
  /(?<keyword>\b(?:as|async|await|break|const|continue|dyn|else|enum|fn|for|if|impl|in|let|loop|match|mod|move|mut|pub|ref|return|self|static|struct|trait|type|unsafe|use|where|while|true|false)\b)/,
  /(?<type>\b(?:[A-Z]\w*|u8|u16|u32|u64|usize|i32|i64|bool|str|char)\b)/,
].map((part) => part.source).join("|"), "g");

for (const code of document.querySelectorAll(".code code")) {
  const source = code.textContent;
  const pieces = [];
  let end = 0;
  for (const match of source.matchAll(RUST)) {
    const kind = ["comment", "string", "number", "keyword", "type"].find((name) => match.groups[name] !== undefined);
    pieces.push(source.slice(end, match.index), kind ? element("span", kind, match[0]) : match[0]);
    end = match.index + match[0].length;
  }
  code.replaceChildren(...pieces, source.slice(end));
  resized.observe(code.parentElement);
}

// Now that everything has its size.
if (location.hash) showLinked();
