import { closeAside, type Supervision } from "./supervision.js";

/** As many requests as a service keeps connections for a name: loca.lt and localtunnel's own server keep ten. */
const KNOCKS = 10;

/**
 * Makes a service notice that the connections of our old tunnel are dead. After a link that was cut without a word it takes
 * them for alive, sends nothing on them, and so holds the name for ever; each request to the old URL is written to one of
 * them, which our side resets. Once somebody answers there, the name is another's by now, or free, and no more are sent.
 */
export class Knocker {
  private underWay = false;
  private answered = false;

  /** Sends the requests, unless those before are still under way. Nothing waits for them. */
  knock(supervision: Supervision): void {
    const { probe, url, signal } = supervision;
    if (probe === undefined || url === undefined || this.underWay || this.answered) return;
    this.underWay = true;
    const asked = Array.from({ length: KNOCKS }, async () => {
      const { found } = await probe(url, signal);
      if (found !== "unreachable") this.answered = true;
    });
    closeAside(
      supervision,
      Promise.all(asked).then(() => (this.underWay = false)),
    );
  }
}
