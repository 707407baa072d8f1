import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Something that an app does in place of a proper answer. */
export interface Misbehaviour {
  readonly name: string;
  /** Called when the whole request has been read. */
  readonly act: (socket: Socket) => void;
  /** What the sender may see: statuses, and whether the answer is cut off. */
  readonly answers: readonly number[];
  /** What `hookcli` keeps as the cause; `null`: it is no failure. */
  readonly cause: RegExp | null;
}

/** A reset throws away what the other side's kernel holds unread, so it comes when even a busy reader has had its turn. */
const RESET_AFTER_ANSWER_MS = 1_000;

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/** The ways in which apps go wrong. */
export const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { name: "never answers", act: () => undefined, answers: [504], cause: /^timeout$/ },
  { name: "resets before its answer", act: (socket) => socket.resetAndDestroy(), answers: [502], cause: /./ },
  { name: "closes before its answer", act: (socket) => socket.end(), answers: [502], cause: /./ },
  {
    name: "resets inside the head",
    act: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Le", () => socket.resetAndDestroy()),
    answers: [502],
    cause: /./,
  },
  {
    name: "resets inside the body",
    act: (socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => {
        setTimeout(() => socket.resetAndDestroy(), 20);
      }),
    answers: [200, 502],
    cause: /./,
  },
  {
    name: "resets after a whole 200",
    act: (socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", () => {
        setTimeout(() => socket.resetAndDestroy(), RESET_AFTER_ANSWER_MS);
      }),
    answers: [200],
    cause: null,
  },
  { name: "sends 1xx without end", act: flood("HTTP/1.1 102 Processing\r\n\r\n"), answers: [502, 504], cause: /./ },
  {
    name: "sends a body that stalls",
    act: (socket) => socket.write(`${CHUNKED}5\r\nhello\r\n`),
    answers: [200, 502, 504],
    cause: /./,
  },
  {
    name: "sends chunks that are none",
    act: (socket) => socket.write(`${CHUNKED}nonsense\r\nhello\r\n`),
    answers: [200, 502],
    cause: /./,
  },
  {
    name: "speaks another protocol",
    act: (socket) => socket.end("220 mail.example ESMTP\r\n"),
    answers: [502],
    cause: /./,
  },
];

/** Writes a text again and again, a piece at a time, until the socket closes. */
function flood(text: string): (socket: Socket) => void {
  return (socket) => {
    const timer = setInterval(() => socket.write(text.repeat(20)), 5);
    socket.once("close", () => clearInterval(timer));
  };
}

/** An app that does one thing wrong, on a free port of 127.0.0.1. */
export interface BadApp {
  readonly port: number;
  act: Misbehaviour["act"];
  /** Requests that it has read. */
  seen(): number;
  close(): Promise<void>;
}

export async function startBadApp(): Promise<BadApp> {
  const sockets = new Set<Socket>();
  let seen = 0;
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      const headEnd = text.indexOf("\r\n\r\n");
      if (headEnd === -1 || text.length < headEnd + 4 + Number(length ?? 0)) return;
      text = "";
      seen += 1;
      app.act(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const app: BadApp = {
    port: (server.address() as AddressInfo).port,
    act: () => undefined,
    seen: () => seen,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return app;
}
