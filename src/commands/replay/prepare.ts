import type { Config } from "../../config/config.js";
import { CliError } from "../../errors.js";
import type { HookEvent, SignatureNote } from "../../events/event.js";
import { headerValue, isFormType } from "../../events/headers.js";
import { hostOf } from "../../deliver/target.js";
import type { Override } from "../../fixtures/overrides.js";
import type { Provider } from "../../providers/provider.js";
import { noteOf } from "../../providers/verify.js";
import type { Settings } from "../../signatures/request.js";
import { publicUrl } from "../../signatures/url.js";
import type { Store } from "../../store/store.js";
import type { Invocation } from "../command.js";
import { changedBody, changesBody, readOverrides } from "../delivery/body.js";
import { givenTarget } from "../delivery/options.js";
import { replaceHeaders, type OutgoingRequest } from "../delivery/request.js";
import { check } from "../delivery/signing.js";
import { placeAt, replayDestination, type Destination } from "../delivery/target.js";
import type { ReplayOptions } from "../replay.js";
import { knownCredentials, type Credentials } from "../verify/credentials.js";
import { settingsOf } from "../verify/settings.js";
import { providerOf, resign, type Resigned } from "./resign.js";

/** One event on its way: what goes out, where to, and why it looks as it does. */
export interface Prepared {
  readonly event: HookEvent;
  readonly provider: Provider | undefined;
  readonly destination: Destination;
  readonly resigned: Resigned;
  /** What is known of the signature that goes out. */
  readonly signature: SignatureNote;
}

/** One event cannot be replayed, whatever becomes of the others. */
export class NotReplayable extends CliError {}

/** Where replays come from and by which options they are made. */
export interface ReplaySource {
  readonly invocation: Invocation<ReplayOptions>;
  readonly config: Config;
  readonly store: Store;
}

/** Makes requests of captured events; what the options name is read once. */
export class Preparer {
  private readonly source: ReplaySource;
  private readonly overrides: readonly Override[];
  private readonly credentials = new Map<string, Promise<Credentials>>();
  private given: Promise<Settings> | undefined;

  static async create(source: ReplaySource): Promise<Preparer> {
    const { options, context } = source.invocation;
    return new Preparer(source, await readOverrides(options, context));
  }

  private constructor(source: ReplaySource, overrides: readonly Override[]) {
    this.source = source;
    this.overrides = overrides;
  }

  /** The request that replays an event. Throws CliError 2 when it has no target or cannot be signed, NotReplayable when it has no body. */
  async prepare(seq: number): Promise<Prepared> {
    const { invocation, store } = this.source;
    const { options, context } = invocation;
    const event = wholeEvent(store, seq);
    const destination = this.destinationOf(event);
    const provider = providerOf(event, this.source.config.ownProviders);
    const credentials = await this.credentialsOf(provider?.name ?? "generic");
    const settings = await this.settings();
    const request = await this.requestOf(event, destination);
    const signedUrl = options.url ?? signedUrlOf(event);
    const resigned = resign(event, request, provider, {
      context,
      credentials,
      settings,
      schemeName: options.scheme,
      signedUrl,
      mode: options.verbatim === true ? "verbatim" : options.resign === true ? "always" : "auto",
      changed: changesBody(options),
    });
    const final = { ...resigned, request: replaceHeaders(resigned.request, options.header) };
    const signature = this.noteOn(final, { provider, credentials, settings, url: signedUrl ?? final.request.url });
    return { event, provider, destination, resigned: final, signature };
  }

  private destinationOf(event: HookEvent): Destination {
    const { invocation, config, store } = this.source;
    // A file from somebody else must not choose which port of this computer is called.
    const attempts = event.source === "import" ? [] : event.attempts;
    return replayDestination({
      to: givenTarget(invocation.options),
      attempts,
      config,
      listeners: () => store.listeners(config.project),
    });
  }

  private async requestOf(event: HookEvent, { target }: Destination): Promise<OutgoingRequest> {
    const { options, context } = this.source.invocation;
    const form = isFormType(headerValue(event.headers, "content-type"));
    const edit = options.edit === true;
    if (!form && event.body.length === 0 && this.overrides.length > 0) throw nothingToChange(event);
    const body = await changedBody(event.body, { overrides: this.overrides, form, edit, context });
    const headers = withoutOurs(event.headers);
    const request = { method: event.method, ...placeAt(target, event.path), headers, body };
    return replaceHeaders(replaceHeaders(request, [["Host", hostOf(target)]]), options.header);
  }

  /** With flags they are the same for every provider; standard input can be read only once. */
  private credentialsOf(provider: string): Promise<Credentials> {
    const { invocation, config } = this.source;
    const { context, output, options } = invocation;
    const name = options.secret.length + options.key.length > 0 ? "" : provider;
    const known = this.credentials.get(name) ?? knownCredentials(options, provider, { context, output, config });
    this.credentials.set(name, known);
    return known;
  }

  /** Read once: a file may be a pipe. */
  private settings(): Promise<Settings> {
    this.given ??= settingsOf(this.source.invocation.options, this.source.invocation);
    return this.given;
  }

  private noteOn(
    { request }: Resigned,
    by: { provider: Provider | undefined; credentials: Credentials; settings: Settings; url: string },
  ): SignatureNote {
    const { provider, credentials, settings, url } = by;
    if (provider === undefined) return { status: "unchecked" };
    const { options, context } = this.source.invocation;
    const { method, headers, body } = request;
    const how = { provider, schemeName: options.scheme, credentials, settings, now: context.now() };
    return noteOf(check({ method, url, headers, body }, how), provider);
  }
}

function wholeEvent(store: Store, seq: number): HookEvent {
  const event = store.get(seq);
  if (event === undefined) throw new NotReplayable(`event ${seq} is gone`);
  if (event.bodyComplete) return event;
  throw new NotReplayable(`event ${event.seq} has no body to replay: it was refused before its body was read`);
}

function nothingToChange({ seq }: HookEvent): CliError {
  return new NotReplayable(
    `the body of event ${seq} is empty: it has no JSON for --set, --unset or --merge to change`,
    {
      hint: "hookcli send --data @body.json sends a body of your own",
    },
  );
}

/**
 * The URL that a captured event was signed for, where a scheme signs one: an app behind a tunnel checks with its public
 * URL, and still does in a replay. `undefined` for what was sent straight to an app: there it is the new target's.
 */
function signedUrlOf({ source, path, headers }: HookEvent): string | undefined {
  return source === "send" || source === "replay" ? undefined : publicUrl(path, headers);
}

/** Ours are about the delivery that was captured, and the connection's are made anew. */
function withoutOurs(headers: HookEvent["headers"]): HookEvent["headers"] {
  return headers.filter(
    ([name]) => !/^(?:hookcli-.*|content-length|connection|transfer-encoding|keep-alive)$/i.test(name),
  );
}
