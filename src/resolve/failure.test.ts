import { describe, expect, test } from "vitest";
import { queryNamed } from "../../test/support/fake-source.ts";
import { NoEndpointsError, ResolveError, ServiceNotFoundError } from "../ground/errors.ts";
import { queryOf } from "../ground/service.ts";
import { settleService } from "../ground/settings.ts";
import type { SourceReport } from "../ground/source.ts";
import { failure, isAuthoritative } from "./failure.ts";

const orders = queryNamed("orders", { discoveryName: "orders-http" });

function said(answers: Record<string, SourceReport["answer"]>): SourceReport[] {
  return Object.entries(answers).map(([source, answer]) => ({ source, answer, detail: answer, ms: 1 }));
}

describe("the error", () => {
  test.each([
    ["no source knows the service", { dns: "notFound", cloudMap: "notMine" }, ServiceNotFoundError],
    ["one source knows it and sees no instance", { dns: "notFound", cloudMap: "empty" }, NoEndpointsError],
    ["one source is in trouble", { dns: "unavailable", cloudMap: "notFound" }, ResolveError],
    ["one was left out", { dns: "skipped", cloudMap: "empty" }, ResolveError],
    ["one was not waited for", { dns: "pending", cloudMap: "empty" }, ResolveError],
  ] as const)("tells that %s", (_what, answers, type) => {
    const error = failure(orders, said(answers));
    expect(error.name).toBe(type.kind);
    expect(error).toMatchObject({ service: "orders", attempts: said(answers) });
  });
});

describe("the hint", () => {
  test.each([
    ["names the sources to mend", { dns: "unavailable", cloudMap: "skipped" }, "Mend dns and cloudMap"],
    ["points to the tasks of a service without instances", { dns: "empty" }, "running tasks"],
    ["gives the name that was asked for, and the rule of aliases", { dns: "notFound" }, '"orders-http"'],
  ] as const)("%s", (_what, answers, hint) => {
    expect(failure(orders, said(answers)).hint).toContain(hint);
  });

  test("tells how loopback addresses are allowed, where nothing needs to be mended", () => {
    const detail = "every address was refused (127.0.0.1: loopback)";
    const reports = [{ source: "consul", answer: "unavailable", detail, ms: 1 }] as const;
    expect(failure(orders, reports).hint).toContain("BYNAME_ALLOW");
  });

  test("asks for a namespace where none is set", () => {
    const query = queryOf(settleService("orders", {}, { env: {} }));
    expect(failure(query, said({ dns: "notMine", cloudMap: "notMine" })).hint).toContain("BYNAME_NAMESPACE");
  });
});

test("silence is knowledge only where each source could answer", () => {
  expect(isAuthoritative(said({ dns: "notFound", cloudMap: "empty", fixed: "notMine" }))).toBe(true);
  for (const answer of ["unavailable", "skipped", "pending", "endpoints"] as const)
    expect(isAuthoritative(said({ dns: "notFound", cloudMap: answer }))).toBe(false);
});
