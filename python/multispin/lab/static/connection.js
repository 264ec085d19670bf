// The connection to the lab: it comes back by itself, to the same seat if that is still there.
import { unpack } from "./frames.js";

const FIRST_WAIT = 250; // ms
const LONGEST_WAIT = 5000;
const TAKEN_OVER = 4001; // close codes of server.py
const FULL = 4002;

export class Connection extends EventTarget {
  #socket = null;
  #timer = null;
  #wait = FIRST_WAIT;

  constructor(token) {
    super();
    this.token = token;
    addEventListener("online", () => this.#soon());
    document.addEventListener("visibilitychange", () => document.hidden || this.#soon());
    this.#open();
  }

  get live() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.live) this.#socket.send(JSON.stringify(message));
  }

  #open() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const address = new URL("ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    address.search = new URLSearchParams({ token: this.token, seat: seat() });
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  #receive(data) {
    if (data instanceof ArrayBuffer) {
      this.#tell("frame", unpack(data));
      return;
    }
    const message = JSON.parse(data);
    if (message.hello) {
      this.#wait = FIRST_WAIT;
      sessionStorage.setItem("seat", message.hello.seat);
      this.#tell("hello", message.hello);
    } else {
      this.#tell(message.error === undefined ? "answer" : "refusal", message);
    }
  }

  #closed(code, reason) {
    if (code === TAKEN_OVER) sessionStorage.removeItem("seat"); // a copy of this tab has it
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    this.#timer = setTimeout(() => this.#open(), code === FULL ? LONGEST_WAIT : wait);
    this.#tell("away", { reason, full: code === FULL });
  }

  // Now rather than later, if it waits; and a word to a connection that may have died in its sleep,
  // which only shows when something is sent.
  #soon() {
    if (this.#timer !== null) this.#open();
    else this.send({ ack: 0 });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function seat() {
  return sessionStorage.getItem("seat") ?? "";
}
