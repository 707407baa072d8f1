/** How the bytes of a request are had and checked in one framework: code to be pasted, and what to know about it. */
export interface Recipe {
  /** As `--framework` takes it. */
  readonly framework: string;
  /** Of what language the code is. */
  readonly language: "js" | "ts" | "python" | "ruby" | "php" | "java" | "go" | "csharp";
  /** Lines of code. `isValid` (`is_valid`, `IsValid`) is the user's check: the provider's library, or a MAC of the body. */
  readonly code: string;
  /** What takes the bytes away all the same, a sentence each. */
  readonly notes: readonly string[];
}

const express: Recipe = {
  framework: "express",
  language: "js",
  code: `import express from "express";

const app = express();

// Before express.json(): the first parser reads the request, and no other can read it again.
app.post("/webhook", express.raw({ type: () => true, limit: "25mb" }), (req, res) => {
  if (!isValid(req.body, req.headers)) return res.sendStatus(401); // req.body: a Buffer, the bytes that came
  const event = JSON.parse(req.body);
  res.sendStatus(204);
});

app.use(express.json()); // for all the other routes
`,
  notes: [
    "where express.json() must come first: express.json({ verify: (req, res, bytes) => { req.rawBody = bytes; } }), then check req.rawBody",
    "express.raw undoes gzip: for a sender that signs the compressed bytes read the request itself, with the package raw-body",
  ],
};

const fastify: Recipe = {
  framework: "fastify",
  language: "js",
  code: `import Fastify from "fastify";

const app = Fastify({ bodyLimit: 25 * 1024 * 1024 });

// In a plugin of its own: the parsers of the other routes stay as they are.
app.register(async (webhooks) => {
  webhooks.removeAllContentTypeParsers();
  webhooks.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));

  webhooks.post("/webhook", async (request, reply) => {
    if (!isValid(request.body, request.headers)) return reply.code(401).send(); // a Buffer, the bytes that came
    const event = JSON.parse(request.body);
    return reply.code(204).send();
  });
});
`,
  notes: ["where the same route needs both: the package fastify-raw-body, then check request.rawBody"],
};

const next: Recipe = {
  framework: "next",
  language: "js",
  code: `// app/webhook/route.js
export async function POST(request) {
  const body = Buffer.from(await request.arrayBuffer()); // before request.json() or request.formData()
  if (!isValid(body, request.headers)) return new Response(null, { status: 401 });
  const event = JSON.parse(body);
  return new Response(null, { status: 204 });
}
`,
  notes: [
    "pages router: export const config = { api: { bodyParser: false } }, then const chunks = []; for await (const chunk of req) chunks.push(chunk); and check Buffer.concat(chunks)",
    "a middleware that reads request.json() first has read the body for good: let it pass this path by",
  ],
};

const nest: Recipe = {
  framework: "nest",
  language: "ts",
  code: `// main.ts
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create<NestExpressApplication>(AppModule, { rawBody: true });
app.useBodyParser("json", { limit: "25mb" }); // 100 kB otherwise
await app.listen(process.env.PORT ?? 3000);

// webhooks.controller.ts
import { Controller, Headers, HttpCode, Post, type RawBodyRequest, Req, UnauthorizedException } from "@nestjs/common";
import type { Request } from "express";

@Controller("webhook")
export class WebhooksController {
  @Post()
  @HttpCode(204)
  receive(@Req() request: RawBodyRequest<Request>, @Headers() headers: Record<string, string>) {
    const body = request.rawBody; // a Buffer, the bytes that came; not request.body
    if (body === undefined || !isValid(body, headers)) throw new UnauthorizedException();
    const event = JSON.parse(body.toString());
  }
}
`,
  notes: [
    'rawBody is there for JSON and forms; for other types: app.useBodyParser("raw", { type: "*/*" })',
    "a global app.use(express.json()) reads the request first, and rawBody stays empty: remove it",
  ],
};

const hono: Recipe = {
  framework: "hono",
  language: "js",
  code: `import { Hono } from "hono";

const app = new Hono();

app.post("/webhook", async (c) => {
  const body = Buffer.from(await c.req.arrayBuffer()); // before c.req.json() or c.req.parseBody()
  if (!isValid(body, c.req.raw.headers)) return c.body(null, 401);
  const event = JSON.parse(body);
  return c.body(null, 204);
});
`,
  notes: ["Bun, Deno and Cloudflare Workers: the same with request.arrayBuffer() of the web Request"],
};

const koa: Recipe = {
  framework: "koa",
  language: "js",
  code: `import Koa from "koa";
import bodyParser from "koa-bodyparser";
import getRawBody from "raw-body";

const app = new Koa();

// Before app.use(bodyParser()): the request can be read once.
app.use(async (ctx, next) => {
  if (ctx.path !== "/webhook") return next();
  const body = await getRawBody(ctx.req, { limit: "25mb" }); // a Buffer, the bytes that came
  if (!isValid(body, ctx.headers)) return ctx.throw(401);
  const event = JSON.parse(body);
  ctx.status = 204;
});

app.use(bodyParser()); // for all the other routes
`,
  notes: ["koa-bodyparser keeps text, not bytes, in ctx.request.rawBody: right for UTF-8 alone"],
};

const lambda: Recipe = {
  framework: "lambda",
  language: "js",
  code: `export async function handler(event) {
  // API Gateway, function URLs and load balancers hand the body over as text, or as base64.
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (!isValid(body, event.headers)) return { statusCode: 401 };
  const payload = JSON.parse(body);
  return { statusCode: 204 };
}
`,
  notes: [
    "a REST API with a mapping template, or a custom integration, hands over JSON of its own: use the proxy integration (AWS_PROXY)",
    "payload format 2.0 writes header names in lower case",
  ],
};

const flask: Recipe = {
  framework: "flask",
  language: "python",
  code: `import json
from flask import Flask, request

app = Flask(__name__)

@app.post("/webhook")
def webhook():
    body = request.get_data()  # bytes; before request.form, request.json or request.values
    if not is_valid(body, request.headers):
        return "", 401
    event = json.loads(body)
    return "", 204
`,
  notes: [
    "request.form read first leaves request.data empty: call get_data() before it, in before_request handlers too",
    "hash the bytes: str(body) is the text b'...', with the b and the quotes",
  ],
};

const django: Recipe = {
  framework: "django",
  language: "python",
  code: `import json
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

@csrf_exempt
@require_POST
def webhook(request):
    body = request.body  # bytes; before request.POST
    if not is_valid(body, request.headers):
        return HttpResponse(status=401)
    event = json.loads(body)
    return HttpResponse(status=204)
`,
  notes: [
    "Django REST framework: request.body before request.data, else it raises RawPostDataException",
    "DATA_UPLOAD_MAX_MEMORY_SIZE is 2.5 MB: larger bodies are refused",
  ],
};

const fastapi: Recipe = {
  framework: "fastapi",
  language: "python",
  code: `import json
from fastapi import FastAPI, Request, Response

app = FastAPI()

@app.post("/webhook")
async def webhook(request: Request):
    body = await request.body()  # bytes; no model or dict among the parameters
    if not is_valid(body, request.headers):
        return Response(status_code=401)
    event = json.loads(body)
    return Response(status_code=204)
`,
  notes: ["a model can be made after the check: Event.model_validate_json(body)"],
};

const rails: Recipe = {
  framework: "rails",
  language: "ruby",
  code: `class WebhooksController < ActionController::API
  def create
    body = request.raw_post # the bytes that came, as a string; not params
    return head :unauthorized unless valid?(body, request.headers)

    event = JSON.parse(body)
    head :no_content
  end
end
`,
  notes: [
    "params adds controller, action and a copy under the controller's name: params.to_json is never what was signed",
    "a controller below ActionController::Base needs skip_before_action :verify_authenticity_token",
  ],
};

const laravel: Recipe = {
  framework: "laravel",
  language: "php",
  code: `// routes/api.php: the routes of web.php demand a CSRF token
use Illuminate\\Http\\Request;
use Illuminate\\Http\\Response;
use Illuminate\\Support\\Facades\\Route;

Route::post('/webhook', function (Request $request) {
    $body = $request->getContent(); // the bytes that came; not $request->all() or json_encode
    if (!is_valid($body, $request->headers)) {
        return new Response('', 401);
    }
    $event = json_decode($body, true);
    return new Response('', 204);
});
`,
  notes: [
    "plain PHP: file_get_contents('php://input'), not $_POST",
    "multipart/form-data leaves php://input empty: no provider signs it",
  ],
};

const spring: Recipe = {
  framework: "spring",
  language: "java",
  code: `@RestController
class WebhookController {
  private final ObjectMapper mapper = new ObjectMapper();

  @PostMapping("/webhook")
  ResponseEntity<Void> receive(@RequestBody byte[] body, @RequestHeader HttpHeaders headers) throws IOException {
    if (!isValid(body, headers)) return ResponseEntity.status(401).build(); // the bytes that came
    JsonNode event = mapper.readTree(body);
    return ResponseEntity.noContent().build();
  }
}
`,
  notes: [
    "@RequestBody String decodes, and a String hashed with getBytes() takes the platform's charset: stay with bytes",
    "forms: a filter that calls request.getParameter() has read the body; let it pass this path by",
  ],
};

const go: Recipe = {
  framework: "go",
  language: "go",
  code: `func webhook(w http.ResponseWriter, r *http.Request) {
    body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 25<<20)) // before r.ParseForm or a json.Decoder
    if err != nil {
        http.Error(w, "body", http.StatusBadRequest)
        return
    }
    if !isValid(body, r.Header) {
        http.Error(w, "signature", http.StatusUnauthorized)
        return
    }
    var event map[string]any
    if err := json.Unmarshal(body, &event); err != nil {
        http.Error(w, "json", http.StatusBadRequest)
        return
    }
    w.WriteHeader(http.StatusNoContent)
}
`,
  notes: ["for handlers after this one: r.Body = io.NopCloser(bytes.NewReader(body))"],
};

const aspnet: Recipe = {
  framework: "aspnet",
  language: "csharp",
  code: `app.MapPost("/webhook", async (HttpRequest request) =>
{
    using var buffer = new MemoryStream();
    await request.Body.CopyToAsync(buffer); // no [FromBody] parameter: it would have read the stream
    var body = buffer.ToArray();
    if (!IsValid(body, request.Headers)) return Results.Unauthorized();
    using var payload = JsonDocument.Parse(body);
    return Results.NoContent();
});
`,
  notes: [
    "where a model binder or a logger reads the body too: request.EnableBuffering() in a middleware before it, and Body.Position = 0 after each reading",
  ],
};

/** The recipes, in the order in which they are listed. */
export const RECIPES: readonly Recipe[] = [
  express,
  fastify,
  next,
  nest,
  hono,
  koa,
  lambda,
  flask,
  django,
  fastapi,
  rails,
  laravel,
  spring,
  go,
  aspnet,
];

/** The recipe of a framework; `undefined` for one that is not known. */
export function recipeFor(framework: string): Recipe | undefined {
  return RECIPES.find((recipe) => recipe.framework === framework);
}
