import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { expectChecked, printedRecipe, recipeEnv } from "../causes/recipe.js";
import { freePort, startServer } from "../causes/server.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-recipes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The user's part of a recipe in Python: GitHub's check, over the bytes that the recipe hands over. */
const PYTHON_CHECK = `import hashlib, hmac, os
from wsgiref.simple_server import make_server
def is_valid(body, headers):
    assert isinstance(body, bytes)
    mac = hmac.new(os.environ["WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers["x-hub-signature-256"], "sha256=" + mac)
def serve(application):
    server = make_server("127.0.0.1", 0, application)
    print("listening on", server.server_port, flush=True)
    server.serve_forever()
`;

interface Around {
  readonly file: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole file: nothing of the recipe is changed, only started. */
  readonly around: (code: string) => string;
}

const python = (around: (code: string) => string): Around => ({
  file: "app.py",
  command: "/usr/bin/python3",
  args: ["app.py"],
  around,
});

const STARTS: Readonly<Record<string, Around>> = {
  flask: python((code) => `${PYTHON_CHECK}\n${code}\nserve(app)\n`),
  django: python(
    (code) => `${PYTHON_CHECK}
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x",
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"])
application = get_wsgi_application()
${code}
urlpatterns = [path("webhook", webhook)]
serve(application)
`,
  ),
  fastapi: {
    file: "main.py",
    command: "/usr/bin/python3",
    args: ["-m", "uvicorn", "--port", "0", "main:app"],
    around: (code) => `${PYTHON_CHECK}\n${code}`,
  },
  rails: {
    file: "app.rb",
    command: "ruby",
    args: ["app.rb"],
    around: (code) => `require "action_controller/railtie"
require "openssl"
require "webrick"
require "rack/handler/webrick"
class App < Rails::Application
  config.eager_load = false
  config.logger = Logger.new(File::NULL)
  config.secret_key_base = "x"
  config.hosts.clear
  routes.append { post "webhook", to: "webhooks#create" }
end
def valid?(body, headers)
  mac = OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("WEBHOOK_SECRET"), body)
  ActiveSupport::SecurityUtils.secure_compare(headers["X-Hub-Signature-256"], "sha256=" + mac)
end
${code}
App.initialize!
quiet = WEBrick::Log.new(File::NULL)
Rack::Handler::WEBrick.run(App, Host: "127.0.0.1", Port: 0, Logger: quiet, AccessLog: []) do |server|
  $stdout.puts "listening on #{server.listeners.first.addr[1]}"
  $stdout.flush
end
`,
  },
  laravel: {
    file: "index.php",
    command: "php",
    args: ["-S", "127.0.0.1:PORT", "index.php"],
    around: () => `<?php
require_once 'Illuminate/Routing/autoload.php';
require_once 'Illuminate/Http/autoload.php';
require_once 'Illuminate/Events/autoload.php';
$container = new Illuminate\\Container\\Container();
$container->instance('router', new Illuminate\\Routing\\Router(new Illuminate\\Events\\Dispatcher($container), $container));
Illuminate\\Support\\Facades\\Facade::setFacadeApplication($container);
function is_valid($body, $headers) {
    $mac = 'sha256=' . hash_hmac('sha256', $body, getenv('WEBHOOK_SECRET'));
    return hash_equals($mac, $headers->get('x-hub-signature-256'));
}
require 'routes.php';
$request = Illuminate\\Http\\Request::capture();
$container->instance(Illuminate\\Http\\Request::class, $request);
$container['router']->dispatch($request)->send();
`,
  },
};

describe("the recipe, as it is printed, checks what came", () => {
  it.each(Object.entries(STARTS))("in %s", async (framework, { file, command, args, around }) => {
    const code = await printedRecipe(framework);
    const port = await freePort();
    writeFileSync(join(folder, file), around(code));
    writeFileSync(join(folder, "routes.php"), `<?php\n${code}`);
    const server = await startServer({
      command,
      args: args.map((word) => word.replace("PORT", String(port))),
      env: recipeEnv,
      cwd: folder,
      says: /listening on (\d+)|running on http:\/\/127\.0\.0\.1:(\d+)|Development Server.*started/,
      port,
    });

    await expectChecked(server.port).finally(() => server.close());
  });
});
