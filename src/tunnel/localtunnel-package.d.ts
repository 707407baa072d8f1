/** What is used of the inside of the package `localtunnel` 2.0.2 (`lib/Tunnel.js`). */
declare module "localtunnel/lib/Tunnel.js" {
  export interface LocaltunnelInfo {
    readonly name: unknown;
    readonly url: unknown;
    readonly max_conn: unknown;
    readonly remote_host: string | null;
    readonly remote_ip: unknown;
    readonly remote_port: unknown;
  }

  export default class Tunnel {
    constructor(options: { host: string; port: number; subdomain?: string });
    readonly url: string | undefined;
    readonly clientId: string | undefined;
    open(done: (error?: Error | null) => void): void;
    protected _getInfo(document: Record<string, unknown>): LocaltunnelInfo;
    protected _init(done: (error: Error | null, info?: LocaltunnelInfo) => void): void;
    protected _establish(info: LocaltunnelInfo): void;
  }
}
