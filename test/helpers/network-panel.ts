import type { Chromium, Page } from "./chromium.js";

/** A request in the network panel of Chromium's DevTools. */
export interface PanelRow {
  /** The cells of its row, as people read them. */
  readonly cells: Readonly<Record<string, string>>;
  readonly url: string;
  readonly method: string;
  readonly status: number;
  readonly requestHeaders: readonly (readonly [string, string])[];
  readonly responseHeaders: readonly (readonly [string, string])[];
  /** What the Payload tab shows as it stands. */
  readonly payload: string | null;
  /** The same taken apart, where the panel sees a form. */
  readonly form: readonly (readonly [string, string])[] | null;
  readonly query: readonly (readonly [string, string])[] | null;
  /** What the Response tab shows: the text, or base64 of what is no text. */
  readonly response: { readonly text: string; readonly isText: boolean };
  readonly transferSize: number;
  readonly resourceSize: number;
  readonly durationMs: number;
}

/** The network panel of Chromium's own DevTools, opened on a page. */
export interface NetworkPanel {
  /** The page that it looks at. */
  readonly page: Page;
  /** Loads a file by the panel's button "Import HAR file", and resolves to its rows, when there are `count`. */
  importHar(path: string, count: number): Promise<readonly PanelRow[]>;
  /** What "Export HAR (with sensitive data)" writes, when the request for `lastUrl` and all others have ended. */
  exportHar(lastUrl: string): Promise<string>;
}

const LOG_VIEW = `(await import("./panels/network/network.js")).NetworkPanel.NetworkPanel.instance().networkLogView`;

/** Opens the DevTools that Chromium itself serves. */
export async function openNetworkPanel(chromium: Chromium): Promise<NetworkPanel> {
  const page = await chromium.open("about:blank");
  const socket = `${chromium.host}/devtools/page/${page.targetId}`;
  const front = await chromium.open(`http://${chromium.host}/devtools/inspector.html?ws=${socket}&panel=network`);
  await front.until(`(async () => {
    const panel = (await import("./panels/network/network.js")).NetworkPanel.NetworkPanel.instance();
    const { NetworkManager, TargetManager } = await import("./core/sdk/sdk.js");
    const target = TargetManager.TargetManager.instance().primaryPageTarget();
    if (!target?.model(NetworkManager.NetworkManager)) return false;
    await target.networkAgent().invoke_enable({});
    return panel.fileSelectorElement.isConnected && panel.networkLogView.isShowing();
  })()`);
  return {
    page,
    async importHar(path, count) {
      await chooseFile(front, path);
      await front.until(`(async () => {
        const nodes = ${LOG_VIEW}.flatNodesList();
        return nodes.length === ${count} && nodes.every((node) => node.existingElement()?.isConnected);
      })()`);
      return front.evaluate(ROWS);
    },
    exportHar: (lastUrl) => front.until(exportExpression(lastUrl)),
  };
}

/** What the button's file dialog does. */
async function chooseFile(front: Page, path: string): Promise<void> {
  const { result } = (await front.send("Runtime.evaluate", {
    expression: `(async () => (await import("./panels/network/network.js")).NetworkPanel.NetworkPanel.instance().fileSelectorElement)()`,
    awaitPromise: true,
  })) as { result: { objectId: string } };
  await front.send("DOM.setFileInputFiles", { files: [path], objectId: result.objectId });
}

const ROWS = `(async () => {
  const nodes = ${LOG_VIEW}.flatNodesList();
  const pairs = (list) => list && list.map(({ name, value }) => [name, value]);
  return Promise.all(nodes.map(async (node) => {
    const request = node.request();
    const content = await request.requestContentData();
    const cells = [...node.existingElement().querySelectorAll("td")].flatMap((cell) => {
      const column = /(\\w+)-column/.exec(cell.className)?.[1];
      return column === undefined ? [] : [[column, cell.textContent.replace(/\\s+/g, " ").trim()]];
    });
    return {
      cells: Object.fromEntries(cells),
      url: request.url(), method: request.requestMethod, status: request.statusCode,
      requestHeaders: pairs(request.requestHeaders()), responseHeaders: pairs(request.responseHeaders),
      payload: await request.requestFormData(), form: pairs(await request.formParameters()),
      query: pairs(request.queryParameters),
      response: { isText: content.isTextContent, text: content.isTextContent ? content.text : content.base64 },
      transferSize: request.transferSize, resourceSize: request.resourceSize, durationMs: request.duration * 1000,
    };
  }));
})()`;

const exportExpression = (url: string) => `(async () => {
  const { NetworkLog } = await import("./models/logs/logs.js");
  const all = NetworkLog.NetworkLog.instance().requests();
  if (!all.some((request) => request.url() === ${JSON.stringify(url)})) return undefined;
  if (all.some((request) => !request.finished)) return undefined;
  const { Writer } = await import("./models/har/har.js");
  const { Progress } = await import("./core/common/common.js");
  return Writer.Writer.harStringForRequests(${LOG_VIEW}.harRequests(), { sanitize: false }, new Progress.CompositeProgress(new Progress.Progress()));
})()`;
