import { styleText } from "node:util";

/** Paint: colours a text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colours where this stream is a terminal; NO_COLOR and FORCE_COLOR win, as Node reads them. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export const noPaint: Paint = (_style, text) => text;
