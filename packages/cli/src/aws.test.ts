import { describe, expect, it } from "vitest";
import { failureOf } from "./aws.ts";

describe("failureOf", () => {
  it.each([
    [
      { name: "AccessDeniedException", $metadata: { httpStatusCode: 400 } },
      "denied",
      "AccessDeniedException, HTTP 400",
    ],
    [{ name: "ServiceNotFound", $metadata: { httpStatusCode: 400 } }, "service", "ServiceNotFound, HTTP 400"],
    [{ name: "TimeoutError" }, "timeout", "TimeoutError"],
    [{ name: "Error", code: "ECONNREFUSED" }, "other", "Error, ECONNREFUSED"],
    [{ name: "CredentialsProviderError" }, "credentials", "CredentialsProviderError"],
    ["what", "other", "an unknown error"],
  ])("reads %j", (error, kind, told) => {
    expect(failureOf(error)).toEqual({ kind, told });
  });

  it("takes no message along, which may hold what was signed", () => {
    const error = Object.assign(new Error("token AQoXnyc4lcK4w"), { name: "ExpiredTokenException" });
    expect(failureOf(error)).toEqual({ kind: "identity", told: "ExpiredTokenException" });
  });
});
