// Ways in which NestJS apps lose the bytes that were signed: one method is one way.
import "reflect-metadata";
import { Body, Controller, HttpCode, Module, Post, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ready } from "../../report.js";
import { headerPairs, seen } from "../../seen.js";

class Hooks {
  parsed(body, request) {
    return answer(JSON.stringify(body), request);
  }
  rawBody(body, request) {
    return answer(String(request.rawBody), request);
  }
}

function answer(hashed, request) {
  return seen(hashed, {
    headers: headerPairs(request),
    url: `${request.protocol}://${request.get("host")}${request.url}`,
  });
}

/** What @Controller(), @Post() and the rest do where TypeScript compiles them. */
Controller()(Hooks);
for (const name of ["parsed", "rawBody"]) {
  const method = Object.getOwnPropertyDescriptor(Hooks.prototype, name);
  Post(name)(Hooks.prototype, name, method);
  HttpCode(200)(Hooks.prototype, name, method);
  Body()(Hooks.prototype, name, 0);
  Req()(Hooks.prototype, name, 1);
}

class App {}
Module({ controllers: [Hooks] })(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, "127.0.0.1");
ready(app.getHttpServer().address().port);
