import { duration } from "../terminal/text.ts";
import type { Check } from "./finding.ts";

/** The clock: requests are signed with its time, and AWS takes no signature that is five minutes off. */
export const clockCheck: Check = {
  name: "clock",
  about: "this machine's clock, against the API's",
  async look(site) {
    if (!site.setting.sources.includes("cloudMap")) return [];
    const ahead = (await site.knocked())?.ahead;
    if (ahead === undefined) {
      return [
        { verdict: "unseen", title: "the clock cannot be compared", evidence: ["the API told no time"] },
      ];
    }
    const off = Math.abs(ahead);
    const evidence = [
      `the API's clock is ${duration(off)} ${ahead > 0 ? "ahead of" : "behind"} this machine's`,
    ];
    if (off < tolerated) return [{ verdict: "good", title: "the clock is right", evidence }];
    return [
      {
        verdict: "wrong",
        title: "the clock is wrong",
        evidence,
        means:
          off < signatureLimit
            ? "ages of answers and expiry of credentials are judged by it; from 5 minutes on, AWS takes no signature"
            : "AWS does not take signatures that are 5 minutes off: calls of the API fail, or need a second try",
        changes: [
          { what: "Let the machine follow Amazon's time service (169.254.169.123)", cli: "chronyc tracking" },
        ],
      },
    ];
  },
};

/** Milliseconds; HTTP's dates are whole seconds, and a busy machine adds to that. */
const tolerated = 10_000;
const signatureLimit = 300_000;
