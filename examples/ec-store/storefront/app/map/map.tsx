"use client";

import { useEffect, useState } from "react";
import type { Edge, MapEvent, Shown } from "../../../shown.ts";
import { kindOf, titleOf, Way } from "../way.tsx";
import { calls, Graph } from "./graph.tsx";
import { Switches } from "./switches.tsx";

/** Map: the calls of the last seconds as a graph and as a table, what can be broken, and what happened. */
export function StoreMap() {
  const { shown, isLost } = useStream();
  const broken = new Set(shown.parts.filter(({ isBroken }) => isBroken).map(({ name }) => name));
  return (
    <div className="panes">
      <section className="graph" aria-label="Graph">
        <Graph edges={shown.edges} broken={broken} />
        <Legend />
        <p role="alert">
          {isLost && "The store has ended, or this part of it was replaced. Load the page of one that runs."}
        </p>
      </section>
      <Switches parts={shown.parts} />
      <TimeLine events={shown.events} />
      <Calls edges={shown.edges} />
    </div>
  );
}

const nothing: Shown = { at: 0, edges: [], events: [], parts: [] };

/** The browser connects again by itself, unless it is told that there is nothing any more. */
function useStream(): { shown: Shown; isLost: boolean } {
  const [shown, setShown] = useState(nothing);
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    const stream = new EventSource("/map/stream");
    stream.onmessage = ({ data }) => setShown(JSON.parse(data));
    stream.onopen = () => setLost(false);
    stream.onerror = () => setLost(true);
    return () => stream.close();
  }, []);
  return { shown, isLost };
}

function Legend() {
  const ways = ["serviceConnect", "dns", "cloudMap", "fixed", "kept", "none"];
  return (
    <ul className="legend" aria-label="Ways">
      {ways.map((way) => (
        <li key={way}>
          <svg viewBox="0 0 32 8" aria-hidden="true">
            <line className={`line ${way}`} x1="2" y1="4" x2="30" y2="4" />
          </svg>
          {titleOf(way)}
        </li>
      ))}
      <li>calls per second · p99</li>
    </ul>
  );
}

function TimeLine({ events }: { events: readonly MapEvent[] }) {
  return (
    <section className="timeline" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      <ol role="log" aria-live="polite" aria-relevant="additions" aria-labelledby="timeline">
        {events.length === 0 && <li>Nothing yet. Break something.</li>}
        {events.map((event) => (
          <li key={event.id} data-kind={event.kind}>
            <Time at={event.at} />
            <Happened {...event} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Time({ at }: { at: number }) {
  const date = new Date(at);
  return <time dateTime={date.toISOString()}>{date.toLocaleTimeString("en-GB")}</time>;
}

function Happened({ way, text }: MapEvent) {
  if (way === undefined) return <span>{text}</span>;
  return (
    <span>
      Now <Way way={way} />: {text}
    </span>
  );
}

function Calls({ edges }: { edges: readonly Edge[] }) {
  return (
    <section className="calls" aria-labelledby="calls">
      <h2 id="calls">The same as a table</h2>
      <table aria-labelledby="calls">
        <thead>
          <tr>
            {["Call", "Way", "per s", "p99", "failed", "left out"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {calls.map(([caller, service]) => {
            const edge = edges.find((edge) => edge.caller === caller && edge.service === service);
            return <Row key={`${caller} ${service}`} {...(edge ?? { ...quiet, caller, service })} />;
          })}
        </tbody>
      </table>
    </section>
  );
}

const quiet = { way: "", rate: 0, p99: 0, failures: 0, ejected: 0 };

function Row({ caller, service, way, rate, p99, failures, ejected }: Edge) {
  return (
    <tr className={kindOf(way)}>
      <th scope="row">
        {caller} → {service}
      </th>
      <td>
        <Way way={way} />
      </td>
      <td>{rate.toFixed(1)}</td>
      <td>{p99.toFixed(0)}&nbsp;ms</td>
      <td>{failures.toFixed(1)}</td>
      <td>{ejected}</td>
    </tr>
  );
}
