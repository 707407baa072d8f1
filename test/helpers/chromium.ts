import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

const PROGRAM = "chromium";
const ANSWER_LIMIT_MS = 20_000;

/** A page of a browser that runs. */
export interface Page {
  readonly targetId: string;
  /** A command of the DevTools protocol. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** What an expression (or the promise that it gives) comes to; as JSON can hold it. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Resolves to what an expression comes to, as soon as that is neither `undefined`, `null` nor false. */
  until<Value>(expression: string): Promise<Value>;
}

/** A browser without a window, driven by its DevTools protocol. */
export interface Chromium {
  /** Where it serves its own DevTools, and their connections. */
  readonly host: string;
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

/** Starts Debian's `chromium` with a profile of its own. Rejects, and names the package, when it is not installed. */
export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "hookcli-chromium-"));
  const { PATH = "" } = process.env;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  const network = ["--remote-debugging-port=0", "--remote-allow-origins=*", "--ignore-certificate-errors"];
  const own = [`--user-data-dir=${profile}`, "--window-size=1600,1600", "--disable-background-networking", "--lang=en"];
  const child = spawn(PROGRAM, [...flags, ...network, ...own, "about:blank"], {
    env: { PATH, HOME: profile },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const remove = () => rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  try {
    const url = await debuggerUrl(child);
    const browser = await connect(url);
    return {
      host: new URL(url).host,
      open: (pageUrl) => openPage(browser.send, pageUrl),
      async close() {
        const ended = child.exitCode === null ? once(child, "exit") : undefined;
        await browser.send("Browser.close").catch(() => child.kill("SIGKILL"));
        await Promise.race([ended, sleep(5000, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
        browser.close();
        remove();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    remove();
    throw error;
  }
}

/** What the browser says on stderr when it listens. */
async function debuggerUrl(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new Error(`${PROGRAM} does not start: apt-get install ${PROGRAM}`, { cause: error })),
    );
    child.once("exit", (code) => reject(new Error(`${PROGRAM} ended with ${code}: ${said.join("\n")}`)));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const url = /^DevTools listening on (ws:\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

type Send = (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>;

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

async function connect(url: string): Promise<{ send: Send; close(): void }> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 28 });
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data: Buffer) => {
    const answer = JSON.parse(data.toString("utf8")) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  await once(socket, "open");
  let last = 0;
  const send: Send = (method, params = {}, sessionId?: string) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const timer = setTimeout(() => settle({ error: { message: "no answer" } }), ANSWER_LIMIT_MS);
      const settle = ({ result, error }: Answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      };
      waiting.set(id, settle);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  return { send, close: () => socket.terminate() };
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

async function openPage(send: Send, url: string): Promise<Page> {
  const { targetId } = (await send("Target.createTarget", { url })) as { targetId: string };
  const attached = (await send("Target.attachToTarget", { targetId, flatten: true })) as { sessionId: string };
  const sendHere = (method: string, params: object = {}) => send(method, params, attached.sessionId);
  const evaluate = async <Value>(expression: string): Promise<Value> => {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = (await sendHere("Runtime.evaluate", options)) as unknown as Evaluated;
    if (exceptionDetails === undefined) return result.value as Value;
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  };
  return { targetId, send: sendHere, evaluate, until: (expression) => untilTrue(evaluate, expression) };
}

/** Asks again until there is a value. While a page loads, what an expression names may not be there yet. */
async function untilTrue<Value>(evaluate: (text: string) => Promise<unknown>, expression: string): Promise<Value> {
  const end = Date.now() + ANSWER_LIMIT_MS;
  let last: unknown;
  while (Date.now() < end) {
    try {
      last = await evaluate(expression);
    } catch (error) {
      last = error;
    }
    if (!(last instanceof Error) && last !== undefined && last !== null && last !== false) return last as Value;
    await sleep(25);
  }
  throw new Error(`never true: ${expression}: ${String(last)}`);
}
