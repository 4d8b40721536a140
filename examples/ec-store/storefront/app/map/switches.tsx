import { useState } from "react";
import type { Shown } from "../../../shown.ts";

/** Switches: a button for each part that can be broken. */
export function Switches({ parts }: { parts: Shown["parts"] }) {
  const broken = (name: string) => parts.find((part) => part.name === name)?.isBroken;
  return (
    <section className="switches" aria-labelledby="switches">
      <h2 id="switches">Break it, mend it</h2>
      <ul>
        {Object.entries(titles).map(([name, title]) => (
          <Switch key={name} name={name} title={title} isBroken={broken(name)} />
        ))}
      </ul>
    </section>
  );
}

const titles: Readonly<Record<string, string>> = {
  proxy: "Service Connect",
  dns: "DNS",
  api: "Cloud Map API",
  users: "a task of users",
  products: "a task of products",
  orders: "a task of orders",
  recommendations: "a task of recommendations",
};

/** @param isBroken undefined while it is not known. */
function Switch({ name, title, isBroken }: { name: string; title: string; isBroken: boolean | undefined }) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  async function press() {
    // A button that is disabled would lose the focus.
    if (isBusy || isBroken === undefined) return;
    setBusy(true);
    setFailure(await setPart(name, !isBroken));
    setBusy(false);
  }
  const state = isBusy ? "one moment" : isBroken ? "broken" : "works";
  return (
    <li className={isBroken ? "broken" : "works"}>
      <span className="part" id={`part-${name}`}>
        {title}
        <small>{failure || state}</small>
      </span>
      <button
        type="button"
        onClick={press}
        aria-disabled={isBusy || isBroken === undefined}
        aria-label={`${isBroken ? "Mend" : "Break"} ${title}`}
        aria-describedby={`part-${name}`}
      >
        {isBroken ? "Mend" : "Break"}
      </button>
    </li>
  );
}

/** @returns what went wrong, in words. */
async function setPart(part: string, isBroken: boolean): Promise<string> {
  try {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ part, isBroken });
    const { ok, status } = await fetch("/map/fault", { method: "POST", headers, body });
    return ok ? "" : `was refused (${status})`;
  } catch {
    return "cannot be reached";
  }
}
