import type { Dialer } from "../proxies/dialer.js";

/** Gives a public URL for a port on loopback. One file per kind. */
export interface Tunnel {
  /** `localtunnel`, `cloudflared`, `ssh`. */
  readonly kind: string;
  /** How long `open` may take before the supervisor gives it up, milliseconds. */
  readonly openTimeoutMs?: number;
  /** How long a URL may take, once open, until requests come through it, milliseconds. */
  readonly settleMs?: number;
  /** Opens once, without retrying; rejects with an Error whose message is fit for users. Stops when `signal` is aborted. */
  open(request: TunnelRequest): Promise<OpenTunnel>;
}

export interface TunnelRequest {
  /** The private socket of the receiver on 127.0.0.1. */
  readonly port: number;
  /** The tunnel service, such as `https://loca.lt`, or the user's own ssh host. */
  readonly host: string;
  readonly subdomain: string | undefined;
  /** Ends the opening. A tunnel that is open already is ended by its `close` alone. */
  readonly signal: AbortSignal;
  /** Called when something hints at a loss without proving it, such as a dropped connection. */
  readonly onDoubt?: (() => void) | undefined;
  /** The proxies before the service, for kinds that connect to it themselves. */
  readonly dialer?: Dialer | undefined;
}

/** A tunnel that is open. */
export interface OpenTunnel {
  readonly url: string;
  /** The name that the service gave, such as `alice`; `undefined` when the service has no names to ask for. */
  readonly name: string | undefined;
  /** False when the URL is a guess, so that a failed probe of it proves nothing. Default: true. */
  readonly checkable?: boolean;
  /** Resolves with the reason when the tunnel is known to be down. Never rejects. */
  readonly ended: Promise<string>;
  /** What the kind knows of its traffic, if anything: it tells a busy tunnel from a dead one. */
  vitals?(): TunnelVitals;
  /** Frees everything. Answers that are on their way get `graceMs` (default 0) to leave. Never rejects. */
  close(graceMs?: number): Promise<void>;
}

export interface TunnelVitals {
  /** Bytes that came from the service so far. */
  readonly bytesIn: number;
  /** Every connection is busy with an event: another one, or a probe, has to wait. */
  readonly saturated: boolean;
}

/**
 * What the supervisor tells: exactly one `down` and one `up` for each loss, and one `down` at the start when there is no
 * tunnel yet.
 */
export type TunnelState =
  | {
      readonly state: "up";
      readonly url: string;
      /** The URL is another one than before the loss. */
      readonly changed: boolean;
      /** A request came through the public URL. False: it could not be checked from here. */
      readonly verified: boolean;
      /** The name that was asked for, when the service gave another one. */
      readonly notGranted?: string | undefined;
    }
  | { readonly state: "down"; readonly reason: string; readonly hint?: string | undefined };
