/** Svg: line charts as text, so that a change of behaviour shows as a change of a file. */
export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  /** Distance of the marks. */
  readonly step: number;
  /** Behind the numbers of the marks. */
  readonly unit?: string;
}

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Something to compare with rather than a result. */
  readonly dashed?: boolean;
}

const width = 720;
const height = 360;
const plot = { left: 64, right: width - 24, top: 64, bottom: height - 48 };
/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

export function svg({ title, x, y, lines }: Chart): string {
  const place = placing(x, y);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(plot.left, 22, title, 'font-size="15" font-weight="bold"'),
    ...marks(x).map((at) => vertical(place.x(at), `${at}${x.unit ?? ""}`)),
    ...marks(y).map((at) => horizontal(place.y(at), `${at}${y.unit ?? ""}`)),
    text((plot.left + plot.right) / 2, height - 10, x.label, 'text-anchor="middle"'),
    text(14, (plot.top + plot.bottom) / 2, y.label, middleUpwards),
    ...lines.map((line, index) => drawn(line, index, place)),
    ...legend(lines),
    "</svg>",
    "",
  ].join("\n");
}

interface Placing {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function placing(x: Axis, y: Axis): Placing {
  const within = ({ from, to }: Axis, value: number) =>
    (Math.min(to, Math.max(from, value)) - from) / (to - from);
  return {
    x: (value) => plot.left + within(x, value) * (plot.right - plot.left),
    y: (value) => plot.bottom - within(y, value) * (plot.bottom - plot.top),
  };
}

function marks({ from, to, step }: Axis): number[] {
  return Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, index) => from + index * step);
}

function vertical(x: number, label: string): string {
  return `<path d="M${short(x)} ${plot.top}V${plot.bottom}" stroke="#eee"/>${text(x, plot.bottom + 16, label, 'text-anchor="middle"')}`;
}

function horizontal(y: number, label: string): string {
  return `<path d="M${plot.left} ${short(y)}H${plot.right}" stroke="#ddd"/>${text(plot.left - 6, y + 4, label, 'text-anchor="end"')}`;
}

function drawn({ points, dashed }: Line, index: number, place: Placing): string {
  const path = points.map(([x, y]) => `${short(place.x(x))} ${short(place.y(y))}`).join("L");
  return `<path d="M${path}" fill="none" stroke-width="2" ${stroke(index, dashed)}/>`;
}

function legend(lines: readonly Line[]): string[] {
  let x = plot.left;
  return lines.map(({ name, dashed }, index) => {
    const start = x;
    x += 44 + name.length * 6.6;
    const line = `<path d="M${short(start)} 42h22" stroke-width="2" ${stroke(index, dashed)}/>`;
    return line + text(start + 28, 46, name);
  });
}

function stroke(index: number, dashed = false): string {
  return `stroke="${dashed ? "#777" : colours[index % colours.length]}"${dashed ? ' stroke-dasharray="6 4"' : ""}`;
}

function text(x: number, y: number, words: string, more = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${short(x)}" y="${short(y)}" ${more}>${escaped}</text>`;
}

const middleUpwards = `text-anchor="middle" transform="rotate(-90 14 ${(plot.top + plot.bottom) / 2})"`;

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
