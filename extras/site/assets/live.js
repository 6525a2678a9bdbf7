// Shows each new post while a page is open: over a WebSocket, or over server-sent events if that cannot
// be opened. What the server sends is only ever written as text.

const SHOWN = 3;
const LATEST_RETRY = 30_000;

const path = document.body.dataset.live;
const news = document.getElementById("news");

function show(text) {
  const { id, author, excerpt } = JSON.parse(text);
  const line = document.createElement("p");
  const link = document.createElement("a");
  link.href = `${path.slice(0, -"/live".length)}/posts/${id}`;
  link.textContent = "Read it";
  line.append(`${author}: ${excerpt} `, link);
  news.append(line);
  while (news.children.length > SHOWN) news.firstChild.remove();
}

function events() {
  // It connects again by itself.
  const source = new EventSource(`${path}/events`);
  source.addEventListener("message", ({ data }) => show(data));
  source.addEventListener("open", () => { document.body.dataset.over = "events"; });
}

function socket(retry) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const open = new WebSocket(url);
  let wasOpen = false;
  open.addEventListener("open", () => { wasOpen = true; document.body.dataset.over = "websocket"; });
  open.addEventListener("message", ({ data }) => show(data));
  open.addEventListener("close", () => {
    delete document.body.dataset.over;
    if (!wasOpen && retry === 0) return events();
    // The server was restarted, or the network has changed. Not all clients at once.
    const wait = Math.min(1000 * 2 ** retry, LATEST_RETRY) * (0.5 + Math.random());
    setTimeout(() => socket(wasOpen ? 1 : retry + 1), wait);
  });
}

if ("WebSocket" in window) socket(0); else events();
