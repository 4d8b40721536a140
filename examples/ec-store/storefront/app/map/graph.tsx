import { useSyncExternalStore } from "react";
import type { Edge } from "../../../shown.ts";
import { kindOf } from "../way.tsx";

/** Graph: the services where they always stand, with what goes on between them. The table says the same in words. */
export function Graph({ edges, broken }: { edges: readonly Edge[]; broken: ReadonlySet<string> }) {
  const layout = useLayout();
  const [width, height] = layout.size;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label="The services and their calls, as in the table"
    >
      {calls.map(([caller, service]) => {
        const edge = edges.find((edge) => edge.caller === caller && edge.service === service);
        return (
          <Call key={`${caller} ${service}`} caller={caller} service={service} edge={edge} layout={layout} />
        );
      })}
      {Object.entries(layout.places).map(([name, place]) => (
        <Node key={name} name={name} place={place} box={boxOf(name, layout)} isBroken={broken.has(name)} />
      ))}
    </svg>
  );
}

type Point = readonly [x: number, y: number];

interface Layout {
  readonly size: Point;
  /** Of a service's box; its width is that of its name. */
  readonly height: number;
  readonly letter: number;
  readonly places: Readonly<Record<string, Point>>;
  /** Whether there is room for more than the rate. */
  readonly isWide: boolean;
}

/** Who calls whom. */
export const calls = [
  ["customers", "storefront"],
  ["storefront", "recommendations"],
  ["storefront", "products"],
  ["storefront", "orders"],
  ["storefront", "users"],
  ["recommendations", "products"],
  ["orders", "products"],
  ["orders", "users"],
  ["renewals", "orders"],
] as const;

const notes: Readonly<Record<string, string>> = {
  customers: "outside",
  storefront: "Next.js",
  renewals: "Lambda",
};

const wide: Layout = {
  size: [880, 430],
  height: 54,
  letter: 9.4,
  places: {
    customers: [54, 215],
    storefront: [288, 215],
    recommendations: [412, 30],
    orders: [562, 215],
    products: [732, 30],
    users: [732, 400],
    renewals: [826, 215],
  },
  isWide: true,
};

const narrow: Layout = {
  size: [360, 600],
  height: 48,
  letter: 7.8,
  places: {
    customers: [180, 26],
    storefront: [180, 140],
    recommendations: [66, 270],
    orders: [204, 350],
    products: [66, 480],
    users: [304, 480],
    renewals: [204, 570],
  },
  isWide: false,
};

const query = "(max-width: 40rem)";

function useLayout(): Layout {
  const isNarrow = useSyncExternalStore(
    (onChange) => {
      const media = matchMedia(query);
      media.addEventListener("change", onChange);
      return () => media.removeEventListener("change", onChange);
    },
    () => matchMedia(query).matches,
    () => false,
  );
  return isNarrow ? narrow : wide;
}

interface CallProps {
  readonly caller: string;
  readonly service: string;
  readonly edge: Edge | undefined;
  readonly layout: Layout;
}

function Call({ caller, service, edge, layout }: CallProps) {
  const [from, to] = [layout.places[caller]!, layout.places[service]!];
  const [x1, y1] = onBorder(from, to, boxOf(caller, layout), 3);
  const [x2, y2] = onBorder(to, from, boxOf(service, layout), 12);
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const isQuiet = !edge || edge.rate + edge.failures === 0;
  const way = isQuiet ? "quiet" : kindOf(edge.way);
  return (
    <g className={`edge ${way}`} data-edge={`${caller} ${service}`} data-way={edge?.way ?? ""}>
      <line className={`line ${way}`} x1={x1} y1={y1} x2={x2} y2={y2} />
      {!isQuiet && <line className="flow" x1={x1} y1={y1} x2={x2} y2={y2} />}
      <path className="head" d="M9 0 L-2 -6 L-2 6 Z" transform={`translate(${x2} ${y2}) rotate(${angle})`} />
      {!isQuiet && <Label at={[(x1 + x2) / 2, (y1 + y2) / 2]} edge={edge} isWide={layout.isWide} />}
    </g>
  );
}

const short: Readonly<Record<string, string>> = {
  serviceConnect: "Service Connect",
  dns: "DNS",
  cloudMap: "API",
  fixed: "fixed",
  kept: "kept",
  none: "no answer",
};

function Label({ at: [x, y], edge, isWide }: { at: Point; edge: Edge; isWide: boolean }) {
  const title = short[kindOf(edge.way)] ?? edge.way;
  const rate = `${edge.rate.toFixed(edge.rate < 9.95 ? 1 : 0)}/s`;
  const lines = isWide ? [title, `${rate} · ${edge.p99.toFixed(0)} ms`] : [rate];
  const wrong = wrongWith(edge);
  if (isWide && wrong !== undefined) lines.push(wrong);
  const width = Math.max(...lines.map((line) => line.length * (line === title ? 7.4 : 6.8))) + 14;
  const height = lines.length * 15 + 7;
  return (
    <g className="label" transform={`translate(${x} ${y - height / 2})`}>
      <rect x={-width / 2} width={width} height={height} rx="7" />
      {lines.map((line, index) => (
        <text key={line} y={index * 15 + 15} className={line === wrong ? "wrong" : undefined}>
          {line}
        </text>
      ))}
    </g>
  );
}

function wrongWith({ ejected, failures }: Edge): string | undefined {
  if (ejected > 0) return `${ejected} left out`;
  return failures > 0 ? `${failures.toFixed(1)}/s failed` : undefined;
}

function Node(props: { name: string; place: Point; box: Point; isBroken: boolean }) {
  const { name, place, box, isBroken } = props;
  const [width, height] = box;
  return (
    <g className={isBroken ? "node broken" : "node"} transform={`translate(${place[0]} ${place[1]})`}>
      <rect x={-width / 2} y={-height / 2} width={width} height={height} rx="10" />
      <text y="-3">{name}</text>
      <text y="15" className="detail">
        {isBroken ? "1 of 2 tasks" : (notes[name] ?? "2 tasks")}
      </text>
    </g>
  );
}

function boxOf(name: string, { height, letter }: Layout): Point {
  return [Math.max(10, name.length) * letter + 12, height];
}

/** Where the line from one box to another leaves its border, with some distance. */
function onBorder([x, y]: Point, [toX, toY]: Point, [width, height]: Point, distance: number): Point {
  const [dx, dy] = [toX - x, toY - y];
  const length = Math.hypot(dx, dy);
  const inside = Math.min(width / 2 / Math.abs(dx), height / 2 / Math.abs(dy)) * length;
  const share = (inside + distance) / length;
  return [x + dx * share, y + dy * share];
}
