// https://docs.stripe.com/webhooks: the raw body goes to constructEvent, which checks signature and age.
import express from "express";
import Stripe from "stripe";
import { rawBody, ready, received, setting } from "../report.js";

const stripe = new Stripe("sk_test_no_call_is_made");
const secret = setting("WEBHOOK_SECRET");
const app = express();

app.post("/{*path}", express.raw({ type: "application/json", limit: "25mb" }), (request, response) => {
  try {
    const event = stripe.webhooks.constructEvent(rawBody(request), request.headers["stripe-signature"], secret);
    received(rawBody(request), true);
    response.json({ received: true, type: event.type });
  } catch (error) {
    received(rawBody(request), false);
    response.status(400).send(`Webhook Error: ${error.message}`);
  }
});

const server = app.listen(0, "127.0.0.1", () => ready(server.address().port));
