// Asks for decisions through types generated from /openapi.json: `npm run generate`, `npm run build`, `node built/ask.js ADDRESS KEY`.
import createClient from "openapi-fetch";
import type { components, paths } from "./otokui.js";

declare const process: { argv: string[]; exitCode: number };

type Decision = components["schemas"]["Decision"];

const [address = "", key = ""] = process.argv.slice(2);
const otokui = createClient<paths>({ baseUrl: address, headers: key ? { Authorization: `Bearer ${key}` } : {} });

const asked = await otokui.POST("/v1/decisions", {
  params: { header: { "Idempotency-Key": "typescript-1" } },
  body: { customers: [{ customer_id: "ada" }, { customer_id: "nobody" }] },
});
if (asked.error !== undefined) {
  console.log(JSON.stringify({ status: asked.response.status, fix: asked.error.fix }));
  process.exitCode = 1;
} else {
  const decisions: Decision[] = asked.data.decisions;
  const first = decisions[0]?.decision_id ?? "";
  const found = await otokui.GET("/v1/decisions/{decision_id}", { params: { path: { decision_id: first } } });
  const missing = await otokui.GET("/v1/decisions/{decision_id}", { params: { path: { decision_id: "none" } } });
  console.log(
    JSON.stringify({
      statuses: decisions.map((decision) => decision.status),
      same: found.data?.decision_id === first,
      missing: missing.response.status,
      fix: missing.error?.fix,
    }),
  );
}
