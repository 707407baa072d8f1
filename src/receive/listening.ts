import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CliError, EXIT } from "../errors.js";

/** How often another port is tried when the one that the system gave for IPv4 is taken for IPv6. */
const PORT_TRIES = 10;

/** Listens on loopback; resolves to the port. Rejects with {@link CliError}. */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Listens on 127.0.0.1 and, where the machine has it, on ::1 with the same port, so that `localhost` reaches us either
 * way. Returns the port and the servers that listen. Rejects with {@link CliError} when the port cannot be had.
 */
export async function listenLocal(
  makeServer: () => Server,
  wantedPort: number,
): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  for (let tries = 1; ; tries += 1) {
    const v4 = makeServer();
    const port = await listenOn(v4, "127.0.0.1", wantedPort).catch((error: unknown) =>
      Promise.reject(portError(error, wantedPort)),
    );
    const v6 = makeServer();
    try {
      await listenOn(v6, "::1", port);
      return { port, servers: [v4, v6] };
    } catch (error) {
      if (errorCode(error) !== "EADDRINUSE") return { port, servers: [v4] };
      await new Promise((resolve) => v4.close(resolve));
      if (wantedPort !== 0 || tries === PORT_TRIES) throw portError(error, port);
    }
  }
}

function portError(error: unknown, port: number): CliError {
  const code = errorCode(error);
  if (code === "EADDRINUSE") {
    return new CliError(`port ${port} is in use`, {
      hint: "choose another with --port, or leave it out",
      cause: error,
    });
  }
  if (code === "EACCES") {
    return new CliError(`port ${port} may not be used by this user`, { hint: "choose one above 1023", cause: error });
  }
  return new CliError(`cannot listen on port ${port}: ${code}`, { exitCode: EXIT.unreachable, cause: error });
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
