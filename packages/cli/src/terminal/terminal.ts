import { noPaint, type Paint, paintFor } from "./paint.ts";

/** Terminal: where the command writes, and what that place can show. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** In characters; without end where the output is not a terminal, so that nothing is cut in a file. */
  readonly width: number;
  readonly paint: Paint;
  readonly isLive: boolean;
}

/** Nothing is drawn narrower than this. */
const narrowest = 40;

export function terminalOf(stream: NodeJS.WriteStream): Terminal {
  return {
    write: (text) => void stream.write(text),
    get width() {
      return Math.max(widthOf(stream), narrowest);
    },
    paint: paintFor(stream),
    isLive: stream.isTTY === true,
  };
}

function widthOf(stream: NodeJS.WriteStream): number {
  const forced = Number(process.env.COLUMNS);
  if (Number.isInteger(forced) && forced > 0) return forced;
  return stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY;
}

/** A terminal of this width that keeps what is written, for tests and for text that goes elsewhere. */
export function plainTerminal(width: number): Terminal & { readonly text: () => string } {
  let all = "";
  return {
    write: (text) => {
      all += text;
    },
    width,
    paint: noPaint,
    isLive: false,
    text: () => all,
  };
}
