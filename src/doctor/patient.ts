import type { Context } from "../context.js";
import type { Target } from "../deliver/deliverer.js";
import type { HeaderList } from "../events/headers.js";
import type { Dialer } from "../proxies/dialer.js";
import type { CheckResult, ListenerState } from "../store/check.js";
import type { HttpAnswer } from "../tunnel/http-get.js";

/** All that the probes look at. A command brings it together, a test makes one of its own. */
export interface Patient extends Pick<Context, "env" | "platform" | "now"> {
  /** Such as `20.20.2`. */
  readonly nodeVersion: string;
  readonly limits: Limits;
  readonly store: StoreSide;
  /** The app; a text says why there is none to look at. */
  readonly app: AppSide | string;
  /** The routes to this computer: those of the config, and of the listens that run for the project. */
  readonly routes: readonly RouteSide[];
  /** The tunnel service; a text says why there is none to look at. */
  readonly service: ServiceSide | string;
  /** The public URL; a text says why there is none to look at. */
  readonly publicUrl: URL | string;
  readonly network: Network;
  readonly text: Texts;
}

/** Times, milliseconds. */
export interface Limits {
  /** Until a connection is made, or a name resolved. */
  readonly connectMs: number;
  /** Until an answer is there. */
  readonly answerMs: number;
  /** Until a probe is given up, whatever it waits for. */
  readonly probeMs: number;
}

export interface StoreSide {
  readonly path: string;
  /** The folder is hookcli's own, and nobody else's business. */
  readonly ownFolder: boolean;
  /** The project whose listeners are looked for. */
  readonly project: string;
  /** Opens it to read and closes it again. Rejects with a StoreError. */
  readonly open: () => Promise<void>;
  readonly check: (signal: AbortSignal) => Promise<CheckResult>;
  readonly listeners: () => Promise<readonly ListenerState[]>;
  /** Bytes that are free where a path lies. */
  readonly freeBytes: (path: string) => Promise<number>;
}

export interface AppSide {
  readonly target: Target;
  /** A self-signed certificate is accepted. */
  readonly insecure: boolean;
  /** Sends a probe event, signed or not. It carries the header hookcli-probe, and is not stored. */
  readonly post: (body: Uint8Array, signed: boolean) => Promise<PostAnswer>;
  /** The scheme that probes are signed with; a text says why they cannot be. */
  readonly signing: { readonly scheme: string } | string;
  /** A proxy stands between, so that its port cannot be spoken to directly. */
  readonly throughProxy: boolean;
  /** The addresses that the target means. */
  readonly addresses: readonly string[];
}

export interface RouteSide {
  /** What it takes, without credentials. */
  readonly match: string;
  readonly target: Target;
  /** The addresses that the target means. */
  readonly addresses: readonly string[];
}

export interface PostAnswer {
  readonly status: number | null;
  /** Why there was no answer. */
  readonly error: string | null;
  readonly headers: HeaderList;
}

export interface ServiceSide {
  readonly url: URL;
  /** A GET of it, through the proxy where one stands between. Rejects with what can be told to people. */
  readonly get: (path: string, signal: AbortSignal) => Promise<HttpAnswer>;
}

export interface Network {
  /** Addresses of a name. Rejects with a system error. */
  readonly lookup: (hostname: string) => Promise<readonly string[]>;
  readonly dialer: Dialer | undefined;
  /** The certificates that are trusted; `undefined`: those of Node. */
  readonly ca: string | undefined;
  readonly isLoopback: (address: string) => boolean;
  readonly proxies: ProxyTexts;
}

/** What is known of proxy variables. */
export interface ProxyTexts {
  readonly parse: (value: string) => URL | undefined;
  /** Without credentials. */
  readonly label: (value: string) => string;
}

/** Numbers for people. */
export interface Texts {
  readonly bytes: (bytes: number) => string;
  readonly duration: (ms: number) => string;
}
