/** Gives a public URL for a port on loopback. One file per kind. */
export interface Tunnel {
  /** `localtunnel`, `cloudflared`, `ssh`. */
  readonly kind: string;
  /** Opens once, without retrying; rejects with an Error whose message is fit for users. Stops when `signal` is aborted. */
  open(request: TunnelRequest): Promise<OpenTunnel>;
}

export interface TunnelRequest {
  /** The private socket of the receiver on 127.0.0.1. */
  readonly port: number;
  /** The tunnel service, such as `https://loca.lt`, or the user's own ssh host. */
  readonly host: string;
  readonly subdomain: string | undefined;
  readonly signal: AbortSignal;
}

/** A tunnel that is open. */
export interface OpenTunnel {
  readonly url: string;
  /** Resolves with the reason when the tunnel is known to be down. Never rejects. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** What the supervisor tells: exactly one `down` and one `up` for each loss. */
export type TunnelState =
  | { readonly state: "up"; readonly url: string; readonly changed: boolean }
  | { readonly state: "down"; readonly reason: string };
